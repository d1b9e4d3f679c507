/** An apt mirror on the loopback that holds exactly the packages of a lock: what references and peers build from. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Ports } from '../base/ports.js';
import type { Lock } from '../pipeline/plan/lock/lock.js';
import { poolFile } from '../pipeline/store/pool.js';
import { writeRepository } from '../stages/distribution/debian/apt/repository.js';

export interface LocalMirror extends AsyncDisposable {
  readonly url: string;
  readonly suite: string;
  /** Names of all packages, sorted. */
  readonly packages: readonly string[];
}

/** @param pool folder of package files that holds all that the lock names */
export async function openLocalMirror(
  lock: Lock,
  about: { readonly pool: string; readonly folder: string; readonly suite: string },
  ports: Pick<Ports, 'run'>,
): Promise<LocalMirror> {
  const { pool, folder, suite } = about;
  const packages = lock.steps
    .flatMap((step) => step.packages)
    .map((each) => ({ ...each, file: poolFile(pool, each.sha256) }));
  await mkdir(folder, { recursive: true });
  await writeRepository(packages, { folder, suite, architecture: lock.architecture }, ports);
  const server = createServer((request, response) => {
    void answer(join(folder, normalize(decodeURIComponent(request.url ?? '/'))), response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    suite,
    packages: packages.map(({ name }) => name).sort(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function answer(file: string, response: ServerResponse): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-length': found.size, 'last-modified': found.mtime.toUTCString() });
  // Who hangs up before the end has seen enough.
  await pipeline(createReadStream(file), response).catch(() => undefined);
}
