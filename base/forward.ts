/** Connections to one place are handed on to another. */
import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Socket,
} from 'node:net';

export interface Forward extends AsyncDisposable {
  /** Of TCP; 0 for a Unix socket. */
  readonly port: number;
}

/**
 * Listens until it is disposed of, and then closes what is open.
 * @param to where each connection goes; undefined: it is closed
 * @throws what `listen` throws
 */
export async function forward(from: ListenOptions, to: () => NetConnectOpts | undefined): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const place = to();
    if (place === undefined) {
      near.destroy();
      return;
    }
    const far = connect(place);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one
        // What it comes to is told by its end.
        .on('error', () => undefined)
        .once('close', () => {
          open.delete(one);
          other.destroy();
        })
        .pipe(other);
    }
  });
  server.listen(from);
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return {
    port: typeof address === 'string' ? 0 : address.port,
    [Symbol.asyncDispose]: () => {
      for (const each of open) each.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
