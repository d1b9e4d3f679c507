/**
 * A small HTTP server of one folder, for trying a release on this machine: what a client is handed on its way up. It
 * follows symlinks, as the folder consists of them, so it serves whatever they lead to and nothing that is not below it by name.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface HttpFolderOptions {
  /** Absolute path; a symlink is followed at each request, so that it may be switched meanwhile. */
  readonly folder: string;
  readonly address: string;
  /** 0: one that is free. */
  readonly port: number;
  /** One line a request, when its answer is through: `10.0.0.2 GET /boot.ipxe 200 310`. */
  readonly onLine: (line: string) => void;
}

export interface HttpFolder extends AsyncDisposable {
  readonly port: number;
}

/** @throws the operating system's error when the address cannot be used */
export async function serveFolder({ folder, address, port, onLine }: HttpFolderOptions): Promise<HttpFolder> {
  const server = createServer((request, response) => {
    const { method = '-', url = '/' } = request;
    const who = `${request.socket.remoteAddress ?? '-'} ${method} ${url}`;
    answer(method, url, folder, response).then(
      (outcome) => onLine(`${who} ${outcome}`),
      (error: unknown) => {
        response.destroy();
        onLine(`${who} broken off: ${(error as Error).message}`);
      },
    );
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
  method: string,
  url: string,
  folder: string,
  response: ServerResponse,
): Promise<string> {
  if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405);
  const path = pathOf(url);
  if (path === undefined) return refuse(response, 400);
  const file = join(folder, path);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return refuse(response, 404);
  response.writeHead(200, { 'content-length': found.size, 'content-type': 'application/octet-stream' });
  if (method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
  return `200 ${found.size}`;
}

/** The path below the folder; undefined for one that is not plain. Whatever stands after a `?` means nothing here. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*$/s, ''));
    // A normalised absolute path cannot lead out of the folder.
    return path.startsWith('/') && !path.includes('\0') ? posix.normalize(path) : undefined;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number): string {
  response.writeHead(status, { 'content-length': 0 }).end();
  return String(status);
}
