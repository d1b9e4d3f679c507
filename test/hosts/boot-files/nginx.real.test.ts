/** Accounts that nginx answers to the clients' own addresses alone: asked by several addresses of this machine, in all the ways in which a path can be written. */
import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningTool } from '../../../base/ports.js';
import { UndoStack } from '../../../base/undo-stack.js';
import { applyChange, readState } from '../../../hosts/apply.js';
import type { Intent } from '../../../hosts/change/intent.js';
import { httpFindings } from '../../../hosts/doctor/http.js';
import { examineHost } from '../../../hosts/doctor.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { currentGeneration, type HostRig, hostRig } from '../../util/host-rig.js';
import { clientFacts } from '../../util/hosts.js';

const NETMASK = '255.0.0.0';
/** The addresses that the clients have, and one that none has. */
const [HOST, ONE, TWO, THREE] = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;
const facts = (number: number, address: string, changed = {}) =>
  clientFacts(number, { address: { address, netmask: NETMASK }, ...changed });
const WEB1 = facts(1, ONE);
const WEB2 = facts(2, TWO, { images: [{ name: 'debian', channel: 'stable', boot: 'direct' }] });

const stack = new UndoStack();
let rig: HostRig;
/** With the command of the site that reloads nginx. */
let host: TargetHost;
let port: number;
let config: string;

const act = (intent: Intent) => applyChange(host, intent, rig.options, rig.ports);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

const INCLUDED = () => `include ${rig.root}/conf/nginx[.]include;`;

/** @param include what stands in the server besides what docs/target-hosts.md shows */
function nginxConfig(include: string): string {
  return `daemon off;
user root;
pid ${rig.folder}/nginx.pid;
error_log stderr notice;
events {}
http {
	access_log off;
	server {
		listen ${HOST}:${port};
		root ${rig.root}/http;
		${include}
		location / {
			try_files $uri =404;
		}
	}
}
`;
}

/** What nginx says of its workers. */
const workers = new EventEmitter<Record<'started' | 'ended', []>>();

async function startNginx(): Promise<RunningTool> {
  const ready = once(workers, 'started').then(() => 'ready' as const);
  const nginx = await rig.ports.start(['nginx', '-c', config], {
    doing: 'start nginx',
    quiet: true,
    onLine: (line) => {
      if (line.includes('start worker process ')) workers.emit('started');
      if (/worker process \d+ exited/.test(line)) workers.emit('ended');
    },
  });
  if ((await Promise.race([ready, nginx.ended])) === 'ready') return nginx;
  throw new Error(nginx.lastLines().join('\n'));
}

beforeAll(async () => {
  port = await freePort();
  const http = { url: `http://${HOST}:${port}`, ownAddress: true } as const;
  rig = stack.use(await hostRig(() => ({ http, gate: [] })));
  host = rig.host;
  await act({ kind: 'promote', channel: 'stable', release: rig.releases.v1.digest });
  await act({ kind: 'add', client: WEB1 });
  config = join(rig.folder, 'nginx.conf');
  await writeFile(config, nginxConfig(INCLUDED()));
  stack.use(await startNginx());
  const reload = ['nginx', '-c', config, '-s', 'reload'] as const;
  host = { ...host, facts: { ...rig.facts, http: { ...http, reload } } };
  // The command returns before nginx has read its file, and a worker that was told to end may answer once more.
  const reloaded = once(workers, 'ended');
  await act({ kind: 'add', client: WEB2 });
  await reloaded;
});
afterAll(() => stack[Symbol.asyncDispose]());

/** The path goes out as it is written. */
async function status(from: string, path: string): Promise<number | undefined> {
  const request = get({ host: HOST, port, path, localAddress: from, agent: false });
  const [response] = (await once(request, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

const account = (client: string) => `/clients/${client}/account.ipxe`;

it('answers each client with its account, and nobody else, those that came since included', async () => {
  const archive = `/clients/web2/debian-${(await currentGeneration(host, 'web2')).id}.cpio`;
  for (const [path, own] of [
    [account('web1'), ONE],
    [account('web2'), TWO],
    [archive, TWO],
  ] as const) {
    const asked = [HOST, ONE, TWO, THREE].map(async (from) => [from, await status(from, path)]);
    expect(await Promise.all(asked)).toEqual(
      [HOST, ONE, TWO, THREE].map((from) => [from, from === own ? 200 : 403]),
    );
  }
});

it.each([
  '//clients//web1//account.ipxe',
  '/clients/./web1/account.ipxe',
  '/clients/web2/../web1/account.ipxe',
  '/clients/by-mac/../web1/account.ipxe',
  '/%63lients/web1/account%2eipxe',
  '/clients/web1/account.ipxe?from=127.0.0.2',
])('so it does where the path is written as %s', async (path) => {
  expect([await status(ONE, path), await status(TWO, path)]).toEqual([200, 403]);
});

it('shows everybody what is no secret: a machine has no address of its own yet when it asks who it is', async () => {
  for (const path of ['/boot.ipxe', '/clients/by-mac/52-54-00-00-00-01.ipxe'])
    expect([path, await status(THREE, path)]).toEqual([path, 200]);
});

it('answers nobody with the account of a client that has no address', async () => {
  const { address: _, ...nowhere } = facts(3, THREE);
  await act({ kind: 'add', client: nowhere });
  for (const from of [HOST, THREE]) expect([from, await status(from, account('web3'))]).toEqual([from, 403]);
});

describe('doctor', () => {
  const findings = async () => {
    const site = { clients: [WEB1, WEB2], channels: ['stable', 'edge'] };
    const found = await examineHost({ host, adapter: rig.options.drivers.adapter, site }, rig.ports);
    return found.filter(({ about }) => about === 'secrets');
  };

  it('is content with that', async () => {
    expect(await findings()).toEqual([]);
  });

  it('waits for no server that takes its question and says nothing', async () => {
    const silent = createTcpServer().listen(0, HOST);
    await once(silent, 'listening');
    const url = `http://${HOST}:${(silent.address() as AddressInfo).port}`;
    const facts = { ...host.facts, http: { ...host.facts.http, url } };
    const state = await readState(host);
    expect(await httpFindings({ ...host, facts }, state)).toEqual([]);
    silent.close();
  });

  it('tells of a server that does not include the file', async () => {
    await writeFile(config, nginxConfig(''));
    await rig.ports.run(['nginx', '-c', config, '-s', 'reload'], { doing: 'reload nginx', quiet: true });
    // Workers that were told to end answer a little longer.
    await expect.poll(findings, { timeout: 60_000 }).toEqual([
      {
        level: 'error',
        about: 'secrets',
        what: 'The HTTP server does not keep accounts to the addresses of their clients.',
        where: `http://${HOST}:${port}${account('web1')}`,
        expected: '403 for san1 itself, which is not web1',
        found: '200',
        hint: `Let the \`server\` of nginx that shows ${rig.root}/http have \`${INCLUDED()}\`, and reload it.`,
      },
    ]);
  });
});
