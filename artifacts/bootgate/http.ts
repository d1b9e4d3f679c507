/** An HTTP server for a handful of named files; anything else is not found. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

export type Served = { readonly file: string } | { readonly bytes: Uint8Array };

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

export interface HttpOptions {
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
  /** By path, e.g. `/boot/direct.ipxe`. */
  readonly files: ReadonlyMap<string, Served>;
  /** One line a request, when its answer is through. */
  readonly onLine: (line: string) => void;
}

/** @throws the operating system's error when the address cannot be used */
export async function serveHttp({ address, port, files, onLine }: HttpOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://server').pathname;
    const who = `${request.socket.remoteAddress ?? '-'} ${request.method ?? '-'} ${path}`;
    const log = (outcome: string) => onLine(`${who} ${outcome}`);
    answer(request, response, files.get(path)).then(log, (error: unknown) => {
      response.destroy();
      log(`broken off: ${(error as Error).message}`);
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served | undefined,
): Promise<string> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  if (served === undefined) return refuse(response, 404);
  const length = 'file' in served ? (await stat(served.file)).size : served.bytes.length;
  response.writeHead(200, { 'content-length': length, 'content-type': 'application/octet-stream' });
  if (request.method === 'HEAD') response.end();
  else if ('file' in served) await pipeline(createReadStream(served.file), response);
  else response.end(served.bytes);
  return `200 ${length}`;
}

function refuse(response: ServerResponse, status: number): string {
  response.writeHead(status, { 'content-length': 0 }).end();
  return String(status);
}
