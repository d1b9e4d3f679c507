import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpFolder, serveFolder } from '../../../artifacts/publish/http-folder.js';

let home: string;
let server: HttpFolder;
let hear: (line: string) => void = () => undefined;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lunsmith-http-'));
  await mkdir(join(home, 'states', '1'), { recursive: true });
  await mkdir(join(home, 'states', '2'));
  await writeFile(join(home, 'states', '1', 'boot.ipxe'), 'one');
  await writeFile(join(home, 'states', '2', 'boot.ipxe'), 'number two');
  await writeFile(join(home, 'outside'), 'secret');
  await symlink('states/1', join(home, 'http'));
  server = await serveFolder({
    folder: join(home, 'http'),
    address: '127.0.0.1',
    port: 0,
    onLine: (line) => hear(line),
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** The path goes over the wire as it is: a browser’s URL would be tidied up before. */
function get(path: string, method = 'GET'): Promise<[status: number | undefined, body: string]> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve([response.statusCode, body]));
    })
      .on('error', reject)
      .end();
  });
}

it.each<[string, string, number, string]>([
  ['GET', '/boot.ipxe', 200, 'one'],
  ['GET', '/boot.ipxe?mac=1', 200, 'one'],
  ['GET', '//boot.ipxe', 200, 'one'],
  ['HEAD', '/boot.ipxe', 200, ''],
  ['GET', '/', 404, ''],
  ['GET', '/missing', 404, ''],
  ['GET', '/../outside', 404, ''],
  ['GET', '/%2e%2e/%2e%2e/outside', 404, ''],
  ['GET', '/%zz', 400, ''],
  ['GET', '/%00', 400, ''],
  ['POST', '/boot.ipxe', 405, ''],
])('%s %s is %i', async (method, path, status, body) => {
  expect(await get(path, method)).toEqual([status, body]);
});

it('serves what the folder is at that moment, and says so', async () => {
  const heard = new Promise<string>((resolve) => {
    hear = resolve;
  });
  await symlink('states/2', join(home, 'next'));
  await rename(join(home, 'next'), join(home, 'http'));
  expect(await get('/boot.ipxe')).toEqual([200, 'number two']);
  expect(await heard).toBe('127.0.0.1 GET /boot.ipxe 200 10');
});
