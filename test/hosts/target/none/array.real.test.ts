/** A storage array that lunsmith does not change: what it has to offer is written down, and clients are led to its portal. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeDisk } from '../../../../artifacts/formats/write-disk.js';
import { applyChange, readState } from '../../../../hosts/apply.js';
import type { Intent } from '../../../../hosts/change/intent.js';
import { arrayClones } from '../../../../hosts/clients/array.js';
import { examineHost } from '../../../../hosts/doctor.js';
import { noAdapter } from '../../../../hosts/target/none/adapter.js';
import { ports, testFolder } from '../../../artifacts/formats/tools.js';
import { type HostRig, hostRig } from '../../../util/host-rig.js';
import { clientFacts } from '../../../util/hosts.js';

const TARGET = 'iqn.2005-10.org.example.array:web1';
const adapter = noAdapter(3);
const WEB1 = clientFacts(1, {
  images: [{ name: 'debian', channel: 'stable', boot: 'san', target: TARGET }],
});
let rig: HostRig;
let port: number;
let server: Server;
beforeEach(async () => {
  server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => {
    // At all addresses.
    server.listen(0, '0.0.0.0', resolve);
  });
  ({ port } = server.address() as { port: number });
  const prefix = 'iqn.2026-01.org.example:san1';
  rig = await hostRig(() => ({
    target: { kind: 'none', prefix, port, portals: ['127.0.0.1', '127.0.0.2'], lun: 3 },
  }));
});
afterEach(async () => {
  server.close();
  await rig[Symbol.asyncDispose]();
});

const act = (intent: Intent) =>
  applyChange(
    rig.host,
    intent,
    { ...rig.options, drivers: { ...rig.options.drivers, adapter, clones: arrayClones } },
    rig.ports,
  );
const read = (path: string) => readFile(join(rig.root, path), 'utf8');

it('promotions change boot files and what the array has to offer, and make no LUN', async () => {
  const { v1, v2 } = rig.releases;
  await act({ kind: 'promote', channel: 'stable', release: v1.digest });
  await act({ kind: 'add', client: WEB1 });
  const script = await read('http/clients/web1/boot.ipxe');
  for (const address of ['127.0.0.1', '127.0.0.2'])
    expect(script).toContain(`set san-uri iscsi:${address}::${port}:3:${TARGET}\n`);
  const offered = (digest: string) => `
target     ${TARGET}
lun        3
image      ${rig.root}/releases/${digest}/disk.img
bytes      1048576
initiator  iqn.2026-01.org.example:web1
chap-user  web1
`;
  expect(await read('conf/array.txt')).toContain(`at 127.0.0.1:${port} and 127.0.0.2:${port} has to offer`);
  expect(await read('conf/array.txt')).toContain(offered(v1.digest));
  expect(await read('conf/array.txt')).not.toContain('SECRET1-of-web1');
  await act({ kind: 'promote', channel: 'stable', release: v2.digest });
  expect(await read('conf/array.txt')).toContain(offered(v2.digest));
  await act({ kind: 'rollback', channel: 'stable' });
  expect((await readState(rig.host)).clients['web1']?.images['debian']?.current).toContain(
    v1.digest.slice(0, 12),
  );
  const examination = { host: rig.host, adapter, site: { clients: [WEB1], channels: ['stable'] } };
  const about = async () =>
    (await examineHost(examination, rig.ports))
      // The rig has no boot programs.
      .filter((finding) => finding.about !== 'tftp')
      .map(({ what, where }) => `${what} ${where}`);
  expect(await about()).toEqual([]);
  server.close();
  expect(await about()).toEqual(
    ['127.0.0.1', '127.0.0.2'].map((each) => `Nothing answers at the portal of the array. ${each}:${port}`),
  );
  await act({ kind: 'remove', client: 'web1' });
  // Nothing of the release went with the client.
  expect((await stat(join(rig.root, 'releases', v1.digest, 'disk.img'))).size).toBe(2 ** 20);
  expect(await readdir(rig.root)).not.toContain('clients');
});

it('an image is written to a new file whole, and over nothing that is there', async () => {
  await using folder = await testFolder();
  const image = { path: folder.at('disk.img'), bytes: 2 ** 20 };
  await writeFile(image.path, Buffer.alloc(image.bytes, 'x'));
  const write = (to: string) => writeDisk(image, to, ports, () => undefined);
  await write(folder.at('lun'));
  expect((await readFile(folder.at('lun'))).equals(await readFile(image.path))).toBe(true);
  await expect(write(folder.at('lun'))).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ expected: 'a block device, or the path of a file that is not there', found: 'a file' }],
  });
  await expect(write('/dev/null')).rejects.toMatchObject({ kind: 'usage' });
  expect((await readdir(folder.path)).sort()).toEqual(['disk.img', 'lun']);
});
