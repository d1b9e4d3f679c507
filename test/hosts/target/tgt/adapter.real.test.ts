/** The adapter, a private tgtd and tgt-admin, judged by libiscsi's initiator. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSparse } from '../../../../artifacts/formats/sparse.js';
import type { OfferedLun } from '../../../../hosts/target/adapter.js';
import { adapterOf } from '../../../../hosts/target/adapters.js';
import { askTgtd } from '../../../../hosts/target/tgt/client.js';
import { WRITE_CACHE_OFF } from '../../../../hosts/target/tgt/conf.js';
import { offerRequests, startTgtd } from '../../../../hosts/target/tgt/daemon.js';
import { ports, type TestFolder, testFolder } from '../../../artifacts/formats/tools.js';
import { hostFacts, hostOf } from '../host.js';
import { freePort, holdSession, inquire, refusesWrites } from '../initiator.js';
import { DB, SECRET, WEB } from '../luns.js';
import { commandLinesDuring } from '../watch.js';

async function rig() {
  const folder = await testFolder();
  const port = await freePort();
  const portal = { address: '127.0.0.1', port };
  const tgtd = await startTgtd(ports, { portal, folder: folder.path });
  const adapter = adapterOf('tgt', { tgtSocket: folder.at('tgtd.0') });
  const host = hostOf(hostFacts('tgt', folder.path, port));
  return {
    folder,
    portal,
    tgtd,
    adapter,
    host,
    apply: (luns: readonly OfferedLun[]) => adapter.apply(host, luns, [portal], ports),
    remove: (luns: readonly OfferedLun[]) =>
      adapter.remove(
        host,
        luns.map(({ target }) => target),
        ports,
      ),
    sessions: () => adapter.sessions(host, ports),
    [Symbol.asyncDispose]: async () => {
      const targets = await tgtd.targets();
      await adapter.remove(
        host,
        targets.map(({ name }) => name),
        ports,
      );
      await tgtd[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function disks(folder: TestFolder): Promise<[OfferedLun, OfferedLun]> {
  const web: OfferedLun = { ...WEB, disk: folder.at('web.img') };
  const db: OfferedLun = { ...DB, disk: folder.at('db.img'), backing: 'file' };
  for (const { disk, bytes } of [web, db]) await createSparse(disk, bytes);
  return [web, db];
}

it('offers disks, each to its client alone, and takes them away', async () => {
  await using used = await rig();
  const [web, db] = await disks(used.folder);
  await used.apply([web]);
  const first = await used.tgtd.show();
  await used.apply([web, db]);
  await used.apply([web, db]);
  const shown = await used.tgtd.show();
  // What was there is as it was.
  expect(shown.slice(0, first.length)).toBe(first);
  expect(await used.tgtd.targets()).toMatchObject([
    { id: 1, name: web.target, accounts: ['web1'], access: [web.initiator] },
    { id: 2, name: db.target, accounts: ['db1'], access: [db.initiator] },
  ]);
  expect(await inquire(web, used.portal, 1)).toMatch('0123456789abcdef');
  expect(await inquire(db, used.portal, 1)).toMatch('fedcba9876543210');

  const refused = /Failed to log in to target\. Status: (Authentication failure|Target not found)/;
  expect(await inquire({ ...web, chap: { ...web.chap, secret: 'wrong-secret' } }, used.portal, 1)).toMatch(
    refused,
  );
  expect(await inquire({ ...web, initiator: db.initiator }, used.portal, 1)).toMatch(refused);
  expect(await inquire({ ...web, chap: db.chap }, used.portal, 1)).toMatch(refused);

  await used.remove([web]);
  await used.remove([web]);
  expect(await used.tgtd.targets()).toMatchObject([{ id: 2, name: db.target }]);
  expect(await inquire(web, used.portal, 1)).toMatch(refused);
  await used.apply([web, db]);
  expect(await inquire(web, used.portal, 1)).toMatch('0123456789abcdef');
});

it('offers one image to two clients, who cannot write to it', async () => {
  await using used = await rig();
  const [web, db] = await disks(used.folder);
  const shared = [web, { ...db, disk: web.disk, bytes: web.bytes }].map((each) => ({
    ...each,
    readOnly: true as const,
  }));
  await used.apply(shared);
  const first = await used.tgtd.show();
  await used.apply(shared);
  expect(await used.tgtd.show()).toBe(first);
  for (const each of shared) {
    expect(await inquire(each, used.portal, 1)).toMatch(each.serial);
    expect(await refusesWrites(each, used.portal, 1)).toBe(true);
  }
  await used.remove(shared);
  await used.apply([web]);
  expect(await refusesWrites(web, used.portal, 1)).toBe(false);
});

it('lets in an initiator whose name is a number, and no other', async () => {
  await using used = await rig();
  const [first, second] = await disks(used.folder);
  const web = { ...first, initiator: 'eui.0123456789abcdef' };
  const db = { ...second, initiator: `naa.${'62004567ba64678d'.repeat(2)}` };
  await used.apply([web, db]);
  await used.apply([web, db]);
  expect(await inquire(web, used.portal, 1)).toMatch(web.serial);
  expect(await inquire(db, used.portal, 1)).toMatch(db.serial);
  expect(await inquire({ ...web, initiator: db.initiator }, used.portal, 1)).not.toMatch(web.serial);
});

it('knows its own under a prefix that the site no longer has', async () => {
  await using used = await rig();
  const [, db] = await disks(used.folder);
  const disk = used.folder.at('clients/web1/root/0123456789ab-1.img');
  await mkdir(dirname(disk), { recursive: true });
  await createSparse(disk, WEB.bytes);
  const old = { ...WEB, disk, target: 'iqn.2020-01.org.example:former:web1.root.0123456789ab-1' };
  await used.apply([old]);
  await used.apply([{ ...old, chap: { user: 'web1', secret: 'new-secret-1' } }, db]);
  expect((await used.tgtd.targets()).map(({ name, accounts }) => [name, accounts])).toEqual([
    [old.target, ['web1']],
    [db.target, ['db1']],
  ]);
});

it('tells of a session, and refuses to take its target away', async () => {
  await using used = await rig();
  const [web, db] = await disks(used.folder);
  await used.apply([web, db]);
  expect(await used.sessions()).toEqual([]);
  {
    await using _session = await holdSession(web, used.portal, 1, used.sessions);
    expect(await used.sessions()).toEqual([
      { target: web.target, initiator: web.initiator, addresses: ['127.0.0.1'] },
    ]);
    await expect(used.remove([db, web])).rejects.toMatchObject({
      kind: 'usage',
      diagnostics: [
        {
          what: `The target ${web.target} has a session.`,
          expected: 'nobody logged in',
          found: web.initiator,
          hint: 'Shut that client down, wait until its target misses it (a minute with LIO), then run the same command again.',
        },
      ],
    });
    // A new secret, and another LUN: no session notices.
    await used.apply([{ ...web, chap: { user: 'web1', secret: 'new-secret-1' } }, db]);
    expect(await used.sessions()).toEqual([
      { target: web.target, initiator: web.initiator, addresses: ['127.0.0.1'] },
    ]);
    expect(await used.tgtd.targets()).toHaveLength(2);
  }
  expect(await inquire(db, used.portal, 1)).toMatch('fedcba9876543210');
});

it('changes a secret for all targets of the client', async () => {
  await using used = await rig();
  const [web, db] = await disks(used.folder);
  const luns = (secret: string) => [web, db].map((lun) => ({ ...lun, chap: { user: 'both', secret } }));
  const written = async (secret: string) => {
    const [file] = used.adapter.render(luns(secret), [used.portal]);
    await used.host.write(used.folder.at('conf/targets.conf'), file?.text ?? '', { mode: 0o600 });
  };
  await used.apply(luns('first-secret'));
  await written('first-secret');
  await used.apply(luns('second-secret'));
  await written('second-secret');
  await used.apply(luns('second-secret'));
  for (const lun of luns('second-secret')) {
    expect(await inquire(lun, used.portal, 1)).toMatch(lun.serial);
  }
  expect(await inquire(luns('first-secret')[0] as OfferedLun, used.portal, 1)).not.toMatch(web.serial);
  expect(await used.tgtd.targets()).toMatchObject([{ accounts: ['both'] }, { accounts: ['both'] }]);
});

it('leaves what is foreign', async () => {
  await using used = await rig();
  const [web, db] = await disks(used.folder);
  await createSparse(used.folder.at('theirs.img'), 1 << 20);
  await used.tgtd.offer({
    name: web.target,
    disk: used.folder.at('theirs.img'),
    lun: 1,
    serial: 'theirs',
    initiator: 'iqn.2000-01.org.example:they',
    chap: { user: 'they', secret: 'their-secret' },
  });
  const before = await used.tgtd.show();
  await expect(used.apply([db, web])).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [
      {
        what: `The target ${web.target} belongs to somebody else.`,
        expected: 'no target of that name but ours',
        found: `LUN 1 is ${used.folder.at('theirs.img')}`,
        hint: 'Choose another `prefix` for the targets of this host in the site, or remove that target by hand.',
      },
    ],
  });
  expect(await used.tgtd.show()).toBe(before);
});

it('finishes what was interrupted after any of its requests', async () => {
  await using used = await rig();
  const [web] = await disks(used.folder);
  const all = offerRequests(1, { name: web.target, lun: 1, ...web, readOnly: false });
  for (let done = 1; done <= all.length; done++) {
    for (const { request, doing } of all.slice(0, done))
      await askTgtd(used.folder.at('tgtd.0'), request, doing);
    await used.apply([web]);
    expect(await inquire(web, used.portal, 1)).toMatch(web.serial);
    await used.remove([web]);
  }
});

it('shows no secret in a command line', async () => {
  await using used = await rig();
  const [web, db] = await disks(used.folder);
  const lines = await commandLinesDuring(async () => {
    for (let turn = 0; turn < 5; turn++) {
      await used.apply([web, db]);
      await used.sessions();
      await used.remove([web, db]);
    }
  });
  expect(lines).toContain('tgtd --foreground');
  expect(lines).not.toContain(SECRET);
});

it('of two roots that offer at once each gets targets of its own', async () => {
  await using used = await rig();
  const [web, db] = await disks(used.folder);
  const many = (lun: OfferedLun) =>
    Array.from({ length: 8 }, (_, index) => ({
      ...lun,
      target: `${lun.target}${index}`,
      disk: `${lun.disk}${index}`,
      serial: `${index}${lun.serial.slice(1)}`,
    }));
  const [one, other] = [many(web), many(db)];
  for (const { disk, bytes } of [...one, ...other]) await createSparse(disk, bytes);
  await Promise.all([used.apply(one), used.apply(other)]);
  const names = (await used.tgtd.targets()).map(({ name }) => name);
  expect(names.sort()).toEqual([...one, ...other].map(({ target }) => target).sort());
});

it('says where tgtd is not', async () => {
  await using used = await rig();
  const [web] = await disks(used.folder);
  const socket = used.folder.at('absent.0');
  await expect(
    adapterOf('tgt', { tgtSocket: socket }).apply(used.host, [web], [used.portal], ports),
  ).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: 'tgtd does not run on the target host san1.',
        expected: `its management socket ${socket}`,
        found: 'nobody there',
        hint: 'Start it on that host: `systemctl start tgt`.',
      },
    ],
  });
  await expect(
    used.adapter.apply(used.host, [web], [{ ...used.portal, port: 1 }], ports),
  ).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: 'tgtd does not listen at port 1.',
        expected: 'the port of the host’s target in the site',
        found: String(used.portal.port),
        hint: 'Start tgtd with `--iscsi portal=ADDRESS:PORT`, or give the site the port at which it listens.',
      },
    ],
  });
});

it('renders what tgt-admin sets up when tgtd starts, and what apply then leaves alone', async () => {
  await using used = await rig();
  const luns = await disks(used.folder);
  const [file] = used.adapter.render(luns, [used.portal]);
  await used.host.write(used.folder.at('conf/targets.conf'), file?.text ?? '', { mode: 0o600 });
  const { stdout } = await used.host.run(
    ['tgt-admin', '--execute', '--conf', used.folder.at('conf/targets.conf')],
    { doing: 'set the targets up', env: { TGT_IPC_SOCKET: used.folder.at('tgtd') } },
  );
  expect(stdout).toBe('');
  const [web, db] = luns;
  expect(await used.tgtd.targets()).toMatchObject([
    { name: db.target, accounts: ['db1'], access: ['255.255.255.255', db.initiator] },
    { name: web.target, accounts: ['web1'], access: ['255.255.255.255', web.initiator] },
  ]);
  expect(await inquire(web, used.portal, 1)).toMatch(web.serial);
  // tgtd would let in an initiator whose address may log in, whatever its name.
  expect(await inquire({ ...web, initiator: db.initiator }, used.portal, 1)).not.toMatch(web.serial);
  const before = await used.tgtd.show();
  await used.apply(luns);
  expect(await used.tgtd.show()).toBe(before);
  expect(before.match(/SCSI ID: \S+|Thin-provisioning: Yes/g)).toEqual([
    'SCSI ID: IET',
    `SCSI ID: ${db.serial}`,
    'Thin-provisioning: Yes',
    'SCSI ID: IET',
    `SCSI ID: ${web.serial}`,
    'Thin-provisioning: Yes',
  ]);
});

it('renders only what tgt-admin reads as it was meant', async () => {
  await using used = await rig();
  const [web] = await disks(used.folder);
  const word = fc
    .array(fc.constantFrom(...'azAZ09._:@%+=/-'), { minLength: 1, maxLength: 20 })
    .map((letters) => letters.join(''));
  await fc.assert(
    fc.asyncProperty(word, word, async (user, secret) => {
      const [file] = used.adapter.render([{ ...web, chap: { user, secret } }], [used.portal]);
      await used.host.write(used.folder.at('some.conf'), file?.text ?? '', { mode: 0o600 });
      const { stdout } = await used.host.run(
        ['tgt-admin', '--execute', '--pretend', '--conf', used.folder.at('some.conf')],
        { doing: 'read the file', env: { TGT_IPC_SOCKET: used.folder.at('tgtd') } },
      );
      // As it is set live.
      expect(stdout).toContain(`--params ${WRITE_CACHE_OFF.slice(0, -1)}\n`);
      expect(stdout.split('\n')).toContain(
        `tgtadm -C 0 --lld iscsi --mode account --op new --user=${user} --password=${secret}`,
      );
    }),
    { seed: 1, numRuns: 12 },
  );
});
