/** A port of this machine is taken, or it is told who may have it. */
import { once } from 'node:events';
import type { Server } from 'node:net';
import { Failure } from '../../base/failure.js';

export interface ListenOptions {
  /** What is served there: `HTTP`. */
  readonly what: string;
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
  /** How another port is chosen, as an option; absent: it cannot be. */
  readonly option?: string;
}

/** The server listens when the promise is kept. @throws Failure of kind `host` when address or port cannot be used */
export async function listenAt(
  server: Server,
  { what, address, port, option }: ListenOptions,
): Promise<void> {
  server.listen(port, address);
  await once(server, 'listening').catch((error: unknown) => {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Failure(
      'host',
      {
        what: `${what} cannot be served at ${address}:${port}.`,
        found: message,
        hint:
          code === 'EADDRINUSE'
            ? `See who has that port: ss -ltnp 'sport = :${port}'. End it${option === undefined ? '' : `, or choose another port: ${option}`}.`
            : `Choose an address of this machine${option === undefined ? '' : `, and a port that its user may use: ${option}`}.`,
      },
      { cause: error },
    );
  });
}
