/** Repositories on the loopback, as a mirror hands them out. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { serve, type TestArchive } from '../archive.js';

export interface TestMirror extends AsyncDisposable {
  /** What `--mirror` names. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
}

/**
 * HTTP tells times in whole seconds, and pacman does not fetch a database that is not newer than its own: each that is made in one
 * second is told as a second newer than the one before.
 * @param folder with `$repo/os/$arch` below it
 */
export async function serveRepositories(folder: string): Promise<TestMirror> {
  const told = new Map<string, { changed: number; modified: number }>();
  const modified = (file: string, changed: number) => {
    const last = told.get(file);
    if (last?.changed === changed) return last.modified;
    const next = Math.max(changed, (last?.modified ?? 0) + 1000);
    told.set(file, { changed, modified: next });
    return next;
  };
  const archive: TestArchive = await serve((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(folder, path);
    void stat(file).then(
      ({ size, mtimeMs }) => {
        const date = new Date(modified(file, mtimeMs)).toUTCString();
        const headers = { 'content-length': size, 'last-modified': date };
        response.writeHead(200, headers);
        createReadStream(file).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  return { ...archive, url: new URL(archive.url).origin };
}
