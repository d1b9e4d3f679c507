/** What the stages said of the files that they wrote, kept among their records by path. */
import type { Role } from '../../artifacts/release/manifest.js';

const PREFIX = 'artifact:';

/** Key of the record of a file; the record is its role. @param path relative to the release */
export function artifactKey(path: string): string {
  return `${PREFIX}${path}`;
}

/** Roles by path. */
export function artifactRoles(records: ReadonlyMap<string, unknown>): ReadonlyMap<string, Role> {
  return new Map(
    [...records].flatMap(([key, role]) =>
      key.startsWith(PREFIX) ? [[key.slice(PREFIX.length), role as Role] as const] : [],
    ),
  );
}
