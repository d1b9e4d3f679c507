/** What is to be removed from the store. */

export interface GarbageRequest {
  /** Absolute paths. */
  readonly store: string;
  readonly workspace: string;
  /** In bytes: how much entries and package files may take together. */
  readonly budget: number;
  /** Choose, and remove nothing. */
  readonly dryRun: boolean;
}
