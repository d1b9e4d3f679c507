/** What apt says of packages that it does not have. */

/** Package names that apt does not know, in the order of its messages. */
export function unknownPackages(lines: readonly string[]): string[] {
  const names = lines.flatMap((line) => {
    const match =
      /^E: Unable to locate package (\S+)/.exec(line) ??
      /^E: Package '([^']+)' has no installation candidate/.exec(line) ??
      /^E: Couldn't find any package by (?:glob|regex) '([^']+)'/.exec(line) ??
      /^E: (?:Version|Release) '[^']+' for '([^']+)' was not found/.exec(line);
    return match === null ? [] : [match[1] ?? ''];
  });
  return [...new Set(names)];
}
