/** Archives on the loopback: one that hands on what the real one says, and some that are broken. */
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultArchive } from '../../stages/debootstrap/default-archive.js';
import { chooseMirror, hostSources, type MirrorChoice } from '../../stages/distribution/debian/apt/mirror.js';

export interface TestArchive extends AsyncDisposable {
  /** What a recipe or `--mirror` names. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
}

/** Answers on a port of the loopback. */
export async function serve(answer: RequestListener): Promise<TestArchive> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/debian`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

/** The archive that this machine's builds use. */
export async function archiveOfDebian(): Promise<MirrorChoice> {
  const mirror = chooseMirror({
    override: process.env['LUNSMITH_MIRROR'],
    recipe: undefined,
    recipeSecurity: undefined,
    host: await hostSources(),
    fallback: await defaultArchive(),
  });
  if (mirror === undefined)
    throw new Error('neither LUNSMITH_MIRROR nor this host names an archive of Debian');
  return mirror;
}

/** What this machine's builds use, under another address. @param login `USER:PASSWORD` that it asks for */
export async function handingOn(login?: string): Promise<TestArchive> {
  const mirror = await archiveOfDebian();
  return serve((request, response) => {
    const asked = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
    if (asked !== undefined && request.headers.authorization !== asked) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="archive"' }).end();
      return;
    }
    const path = request.url ?? '';
    const to = path.startsWith('/debian-security/')
      ? `${mirror.security}${path.slice('/debian-security'.length)}`
      : `${mirror.main}${path.slice('/debian'.length)}`;
    void handOn(to, response);
  });
}

/** Answers with what another address says. */
export async function handOn(to: string, response: ServerResponse): Promise<void> {
  try {
    const answer = await fetch(to);
    const content = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status).end(content);
  } catch (error) {
    response.writeHead(502).end(String(error));
  }
}

/** Answers everything with a page that asks one to log in, as hotels do. */
export async function loginPage(): Promise<TestArchive> {
  return serve((_, response) => response.end('<html>Please log in.</html>'));
}

/** Has nothing. */
export async function emptyArchive(): Promise<TestArchive> {
  return serve((_, response) => response.writeHead(404).end());
}

/** An address that refuses connections: its port was closed. */
export async function closedPort(): Promise<string> {
  await using archive = await emptyArchive();
  return archive.url;
}
