/** Gathers what is wrong with a site, each finding at its place in the file. */
import type { Diagnostic } from '../../base/failure.js';
import { type Node, type Path, placeAt } from '../../base/yaml/node.js';

export interface Findings {
  /** Notes something at the value that the path leads to, or the nearest above it. */
  add(path: Path, finding: Omit<Diagnostic, 'place'>): void;
  /** `lunsmith.yaml:3:10` of a value. */
  placeText(path: Path): string;
}

export function findingsIn(root: Node, problems: Diagnostic[]): Findings {
  return {
    add: (path, finding) => problems.push({ ...finding, place: placeAt(root, path) }),
    placeText: (path) => {
      const { file, line, column } = placeAt(root, path);
      return `${file}:${line}:${column}`;
    },
  };
}

/** Something that is written at a path and that nothing else may share. */
export interface Owned {
  readonly value: string;
  readonly path: Path;
  /** Whose it is: `client \`web1\``. */
  readonly owner: string;
}

/**
 * Notes each value that stands before already.
 * @param what what it is, with its article: `The MAC address`
 */
export function checkUnique(what: string, all: readonly Owned[], hint: string, findings: Findings): void {
  const first = new Map<string, Owned>();
  for (const one of all) {
    const before = first.get(one.value);
    if (before === undefined) {
      first.set(one.value, one);
      continue;
    }
    findings.add(one.path, {
      what: `${what} of ${one.owner} is that of ${before.owner}.`,
      found: `\`${one.value}\`, also at ${findings.placeText(before.path)}`,
      hint,
    });
  }
}
