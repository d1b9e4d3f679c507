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

/** @param folder with `$repo/os/$arch` below it */
export async function serveRepositories(folder: string): Promise<TestMirror> {
  const archive: TestArchive = await serve((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(folder, path);
    void stat(file).then(
      ({ size, mtime }) => {
        const headers = { 'content-length': size, 'last-modified': mtime.toUTCString() };
        response.writeHead(200, headers);
        createReadStream(file).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  return { ...archive, url: new URL(archive.url).origin };
}
