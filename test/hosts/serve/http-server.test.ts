import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HttpServer, type Served, serveHttp } from '../../../hosts/serve/http-server.js';
import { type TestFolder, testFolder } from '../../artifacts/formats/tools.js';

let folder: TestFolder;
let server: HttpServer;
let lines: string[];

beforeEach(async () => {
  folder = await testFolder();
  await writeFile(folder.at('vmlinuz'), 'kernel');
  await writeFile(folder.at('secret'), 'not served');
  await mkdir(folder.at('folder'));
  await symlink('vmlinuz', folder.at('link'));
  lines = [];
  const files = new Map<string, Served>([
    ...['vmlinuz', 'gone', 'folder', 'link'].map((name) => [`/${name}`, { file: folder.at(name) }] as const),
    ['/client/initrd.cpio', { bytes: Buffer.from('cpio') }] as const,
  ]);
  const find = (path: string) => {
    if (path === '/broken') throw new Error('no more');
    return files.get(path);
  };
  server = await serveHttp({ address: '127.0.0.1', port: 0, find, onLine: (line) => lines.push(line) });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number | undefined;
  readonly length: string | undefined;
  readonly body: string;
}

/** The path goes over the wire as it is: a browser’s URL would be tidied up before. */
function get(path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, length: response.headers['content-length'], body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

/** The client may have it all before the server has noted it. */
const noted = (line: string) => expect.poll(() => lines.at(-1)).toBe(line);

it.each([
  ['GET', '/vmlinuz', 200, 'kernel', '/vmlinuz 200 6'],
  ['GET', '/link', 200, 'kernel', '/link 200 6'],
  ['GET', '//vmlinuz', 200, 'kernel', '//vmlinuz 200 6'],
  ['GET', '/client/initrd.cpio?mac=1', 200, 'cpio', '/client/initrd.cpio 200 4'],
  ['GET', '/client/%69nitrd.cpio', 200, 'cpio', '/client/%69nitrd.cpio 200 4'],
  ['GET', '/secret', 404, '', '/secret 404'],
  ['GET', '/', 404, '', '/ 404'],
  ['GET', '/vmlinuz/', 404, '', '/vmlinuz/ 404'],
  ['GET', '/gone', 404, '', '/gone 404'],
  ['GET', '/folder', 404, '', '/folder 404'],
  ['GET', '/../vmlinuz', 200, 'kernel', '/../vmlinuz 200 6'],
  ['GET', '/%zz', 400, '', '/%zz 400'],
  ['GET', '/%00', 400, '', '/%00 400'],
  ['POST', '/vmlinuz', 405, '', '/vmlinuz 405'],
])('%s %s is %i', async (method, path, status, body, line) => {
  expect(await get(path, method)).toEqual({ status, length: String(body.length), body });
  await noted(`127.0.0.1 ${method} ${line}`);
});

it('tells the length to who asks for the head alone', async () => {
  expect(await get('/vmlinuz', 'HEAD')).toEqual({ status: 200, length: '6', body: '' });
});

it('breaks off what it cannot find out, and goes on', async () => {
  await expect(get('/broken')).rejects.toThrow('socket hang up');
  await noted('127.0.0.1 GET /broken broken off: no more');
  expect((await get('/vmlinuz')).status).toBe(200);
});

it('says who may have its port', async () => {
  const { port } = server;
  const second = serveHttp({ address: '127.0.0.1', port, find: () => undefined, onLine: () => undefined });
  await expect(second).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: `HTTP cannot be served at 127.0.0.1:${port}.`,
        found: `listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
        hint: `See who has that port: ss -ltnp 'sport = :${port}'. End it, or choose another port: --http-port.`,
      },
    ],
  });
});

it('says that an address is not this machine’s', async () => {
  const elsewhere = serveHttp({
    ...{ address: '192.0.2.1', port: 0 },
    ...{ find: () => undefined, onLine: () => undefined },
  });
  await expect(elsewhere).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      { hint: 'Choose an address of this machine, and a port that its user may use: --http-port.' },
    ],
  });
});
