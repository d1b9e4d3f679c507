/** Machines of another list in the site file: all of them or none. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type ImportOptions, importClients } from '../../../app/site/import-clients.js';
import { testFolder } from '../../artifacts/formats/tools.js';
import { failureOf } from '../../util/failure-of.js';

const SITE = `# Ours.
hosts:
  san1:
    connect: ssh://root@192.0.2.2
    address: 192.0.2.2
channels: [stable]
clients:
  # The first one.
  web1: { mac: '52:54:00:00:00:01', channel: stable, secret: 'file:secrets/web1' }
`;
const OPTIONS: ImportOptions = { channel: 'stable', secret: 'file:secrets/{name}', addresses: true };
const mac = (number: number) => `52:54:00:00:00:0${number}`;

async function site() {
  const folder = await testFolder();
  const at = { site: folder.at('lunsmith.yaml'), list: folder.at('list') };
  await writeFile(at.site, SITE, { mode: 0o640 });
  return {
    text: () => readFile(at.site, 'utf8'),
    at,
    take: async (list: string, options: Partial<ImportOptions> = {}) => {
      await writeFile(at.list, list);
      return importClients({ cwd: folder.path }, 'list', { ...OPTIONS, ...options });
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

it('adds what the site does not have, and leaves the rest of its file as it is', async () => {
  await using there = await site();
  await chmod(there.at.site, 0o640);
  const list = `name,mac\nweb1,${mac(1).toUpperCase()}\nWeb_2.example.org,${mac(2)}\n,${mac(3)}\nweb4,\n`;
  expect(await there.take(list)).toEqual({
    file: 'lunsmith.yaml',
    added: ['web-2'],
    there: ['web1'],
    left: [
      `list:4: ${mac(3)} is left out: it has no name`,
      'list:5: web4 is left out: it has no MAC address',
    ],
  });
  expect(await there.text()).toBe(
    `${SITE}  web-2:\n    mac: ${mac(2)}\n    channel: stable\n    secret: file:secrets/web-2\n`,
  );
  expect((await stat(there.at.site)).mode & 0o777).toBe(0o640);
  // Once more is nothing more.
  expect(await there.take(list)).toMatchObject({ added: [], there: ['web1', 'web-2'] });
});

it('writes nothing when asked what it would do', async () => {
  await using there = await site();
  expect(await there.take(`name,mac\nweb2,${mac(2)}\n`, { dryRun: true })).toMatchObject({ added: ['web2'] });
  expect(await there.text()).toBe(SITE);
});

it.each<[string, string, Partial<ImportOptions>, string, number]>([
  [
    'another machine of a name',
    `name,mac\nweb1,${mac(2)}\n`,
    {},
    'lunsmith.yaml has another machine of the name web1.',
    2,
  ],
  [
    'a machine of another name',
    `name,mac\nweb9,${mac(1)}\n`,
    {},
    'web9 is a machine that lunsmith.yaml has as web1.',
    2,
  ],
  [
    'a name for two machines',
    `name,mac\nweb2,${mac(2)}\nweb2,${mac(3)}\n`,
    {},
    'list has another machine of the name web2.',
    3,
  ],
  [
    'two names for a machine',
    `name,mac\nweb2,${mac(2)}\nweb3,${mac(2)}\n`,
    {},
    'web3 is a machine that list has as web2.',
    3,
  ],
  ['a name that is none', `name,mac\nweb2,${mac(2)}\n-x,${mac(3)}\n`, {}, '', 3],
  ['a card that is none', `name,mac\nweb2,${mac(2)}\nweb3,52:54\n`, {}, 'web3: Not a MAC address.', 3],
  ['a channel that the site does not have', `name,mac,channel\nweb2,${mac(2)},stabel\n`, {}, '', 2],
])('refuses %s with its line, and writes nothing', async (_, list, options, what, line) => {
  await using there = await site();
  const { kind, diagnostics } = await failureOf(there.take(list, options));
  expect(kind).toBe('usage');
  if (what !== '') expect(diagnostics[0]?.what).toBe(what);
  expect(diagnostics[0]?.place).toEqual({ file: 'list', line, column: 1 });
  expect(await there.text()).toBe(SITE);
});

it('wants a channel where the list names none', async () => {
  await using there = await site();
  const { diagnostics } = await failureOf(there.take(`name,mac\nweb2,${mac(2)}\n`, { channel: undefined }));
  expect(diagnostics[0]?.what).toMatch(/^web2: .*channel/);
});

it('takes addresses of machines, or leaves them to DHCP', async () => {
  await using there = await site();
  const list = `dhcp-host=${mac(2)},web2,192.0.2.7\n`;
  expect(await there.take(list, { addresses: false })).toMatchObject({ added: ['web2'] });
  expect(await there.text()).not.toContain('192.0.2.7');
});

it('refuses a file that names no machine, or is none', async () => {
  await using there = await site();
  const { diagnostics } = await failureOf(there.take('interface=eth0\n', { format: 'dnsmasq' }));
  expect(diagnostics[0]?.what).toBe('list names no machine.');
  const missing = await failureOf(importClients({ cwd: '/nowhere' }, 'list', OPTIONS));
  expect(missing.diagnostics[0]).toMatchObject({ what: 'list cannot be read.', found: 'ENOENT' });
});
