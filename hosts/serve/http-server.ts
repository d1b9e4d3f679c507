/** A small HTTP server of files, for what a client is handed on its way up. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { listenAt } from './listening.js';

/** A file that is not there, or is none, is not found; a symlink counts as what it leads to. */
export type Served = { readonly file: string } | { readonly bytes: Uint8Array };

export interface HttpOptions {
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
  /** What lies at a path such as `/boot.ipxe`: absolute, decoded, without `..` and without a query. */
  readonly find: (path: string) => Served | undefined | Promise<Served | undefined>;
  /** One line a request, when its answer is through: `10.0.0.2 GET /boot.ipxe 200 310`. */
  readonly onLine: (line: string) => void;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

/** @throws Failure of kind `host` when address or port cannot be used */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { address, port, onLine } = options;
  const server = createServer((request, response) => {
    const { method = '-', url = '/' } = request;
    const who = `${request.socket.remoteAddress ?? '-'} ${method} ${withoutQuery(url)}`;
    answer(method, url, options, response).then(
      (outcome) => onLine(`${who} ${outcome}`),
      (error: unknown) => {
        response.destroy();
        onLine(`${who} broken off: ${(error as Error).message}`);
      },
    );
  });
  await listenAt(server, { what: 'HTTP', address, port, option: '--http-port' });
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
  method: string,
  url: string,
  { find }: HttpOptions,
  response: ServerResponse,
): Promise<string> {
  if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405);
  const path = pathOf(url);
  if (path === undefined) return refuse(response, 400);
  const served = await find(path);
  const length = served === undefined ? undefined : await lengthOf(served);
  if (served === undefined || length === undefined) return refuse(response, 404);
  response.writeHead(200, { 'content-length': length, 'content-type': 'application/octet-stream' });
  if (method === 'HEAD') response.end();
  else if ('file' in served) await pipeline(createReadStream(served.file), response);
  else response.end(served.bytes);
  return `200 ${length}`;
}

async function lengthOf(served: Served): Promise<number | undefined> {
  if ('bytes' in served) return served.bytes.length;
  const found = await stat(served.file).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}

/** Undefined for a path that is not plain. A normalised absolute path cannot lead out of a folder. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(withoutQuery(url));
    return path.startsWith('/') && !path.includes('\0') ? posix.normalize(path) : undefined;
  } catch {
    return undefined;
  }
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

function refuse(response: ServerResponse, status: number): string {
  response.writeHead(status, { 'content-length': 0 }).end();
  return String(status);
}
