import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HttpServer, serveHttp } from '../../../artifacts/bootgate/http.js';
import { type TestFolder, testFolder } from '../formats/tools.js';

let folder: TestFolder;
let server: HttpServer;
let lines: string[];

beforeEach(async () => {
  folder = await testFolder();
  await writeFile(folder.at('vmlinuz'), 'kernel');
  await writeFile(folder.at('secret'), 'not served');
  lines = [];
  const files = new Map([
    ['/vmlinuz', { file: folder.at('vmlinuz') }],
    ['/client/initrd.cpio', { bytes: Buffer.from('cpio') }],
    ['/gone', { file: folder.at('gone') }],
  ]);
  server = await serveHttp({ address: '127.0.0.1', port: 0, files, onLine: (line) => lines.push(line) });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

/** The client may have it all before the server has noted it. */
const noted = (line: string) => expect.poll(() => lines.at(-1)).toBe(line);

it('serves the named files with their length', async () => {
  const kernel = await get('/vmlinuz');
  expect([kernel.status, kernel.headers.get('content-length'), await kernel.text()]).toEqual([
    200,
    '6',
    'kernel',
  ]);
  await noted('127.0.0.1 GET /vmlinuz 200 6');
  expect(await (await get('/client/initrd.cpio?mac=1')).text()).toBe('cpio');
  await noted('127.0.0.1 GET /client/initrd.cpio 200 4');
  const head = await get('/vmlinuz', 'HEAD');
  expect([head.headers.get('content-length'), await head.text()]).toEqual(['6', '']);
  await noted('127.0.0.1 HEAD /vmlinuz 200 6');
});

it('serves nothing else', async () => {
  for (const path of ['/secret', '/../secret', '/', '/vmlinuz/']) expect((await get(path)).status).toBe(404);
  expect((await get('/vmlinuz', 'POST')).status).toBe(405);
});

it('breaks off and goes on when a file is gone', async () => {
  await expect(get('/gone')).rejects.toThrow('fetch failed');
  await expect.poll(() => lines[0]).toMatch(/^127\.0\.0\.1 GET \/gone broken off: ENOENT/);
  expect((await get('/vmlinuz')).status).toBe(200);
});
