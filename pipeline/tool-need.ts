/** A program on the host that a stage, or a topic of a distribution, needs. `package` is Debian's package that holds it. */
export interface ToolNeed {
  /** Looked for in the tools' PATH; an absolute path is that of a file which is no program. */
  readonly name: string;
  readonly package: string;
  /** Least version, if one is needed; compared as dot-separated numbers. */
  readonly min?: string;
}
