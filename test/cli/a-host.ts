/** A target host that is a folder of this machine, with a tgtd of its own, and a site that names it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPorts } from '../../base/command.js';
import { UndoStack } from '../../base/undo-stack.js';
import { startTgtd } from '../../hosts/target/tgt/daemon.js';
import { writeTinyRelease } from '../util/tiny-release.js';

export interface HostHome extends AsyncDisposable {
  /** Holds `lunsmith.yaml` and the host's folder `lab`. */
  readonly home: string;
  /** TCP port of its tgtd. */
  readonly port: number;
  /** What TGT_IPC_SOCKET has to be. */
  readonly socket: string;
  /** A release that is not on the host. @returns its folder */
  release(version: string, disk: Buffer, table?: 'gpt' | 'mbr'): Promise<string>;
  /** Writes the site. @param rest the lines of the host beneath its address and target, and what follows */
  site(rest: string): Promise<void>;
}

export async function hostHome(): Promise<HostHome> {
  const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
  await using stack = new UndoStack();
  const home = await mkdtemp(join(tmpdir(), 'lunsmith-home-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const port = await freePort();
  stack.use(await startTgtd(ports, { portal: { address: '127.0.0.1', port }, folder: home }));
  const rest = stack.move();
  return {
    home,
    port,
    socket: join(home, 'tgtd'),
    release: async (version, disk, table = 'gpt') =>
      (await writeTinyRelease(home, version, disk, { table })).path,
    site: (more) =>
      writeFile(
        join(home, 'lunsmith.yaml'),
        `hosts:\n  lab:\n    connect: ./lab\n    address: 127.0.0.1\n    target: { kind: tgt, port: ${port} }\n${more}`,
      ),
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
