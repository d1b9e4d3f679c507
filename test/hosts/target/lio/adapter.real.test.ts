import { readFile, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Failure } from '../../../../base/failure.js';
import { DB, PC, PORTALS, SECRET, SHARED, WEB } from '../luns.js';
import { commandLinesDuring } from '../watch.js';
import { lioRig } from './rig.js';

const FILE = { ...DB, disk: '/srv/db.img', backing: 'file' as const };
const TPG = `iscsi/${WEB.target}/tpgt_1`;
const STORE = `core/fileio_0/${WEB.target}`;

it('offers a disk to its client alone', async () => {
  await using used = await lioRig();
  await used.apply([WEB]);
  expect(await used.changes()).toEqual([
    'mkdir core/fileio_0',
    `mkdir ${STORE}`,
    `write ${STORE}/control fd_dev_name=${WEB.disk},fd_dev_size=4194304`,
    `write ${STORE}/udev_path ${WEB.disk}`,
    `write ${STORE}/enable 1`,
    `write ${STORE}/wwn/vpd_unit_serial ${WEB.serial}`,
    `write ${STORE}/attrib/emulate_tpu 1`,
    'mkdir iscsi',
    `mkdir iscsi/${WEB.target}`,
    `mkdir ${TPG}`,
    `write ${TPG}/attrib/authentication 1`,
    `mkdir ${TPG}/lun/lun_0`,
    `symlink ${TPG}/lun/lun_0 ${STORE}`,
    `mkdir ${TPG}/np/10.77.0.1:3260`,
    `mkdir ${TPG}/acls/${WEB.initiator}`,
    `write ${TPG}/acls/${WEB.initiator}/auth/userid web1`,
    `write ${TPG}/acls/${WEB.initiator}/auth/password ${SECRET}`,
    `mkdir ${TPG}/acls/${WEB.initiator}/lun_0`,
    `symlink ${TPG}/acls/${WEB.initiator}/lun_0 ${TPG}/lun/lun_0`,
    `write ${TPG}/acls/${WEB.initiator}/lun_0/write_protect 0`,
    `write ${TPG}/enable 1`,
  ]);
});

it('changes nothing the second time, and adds beside what is there', async () => {
  await using used = await lioRig();
  await used.apply([WEB]);
  await used.changes();
  await used.apply([WEB]);
  expect(await used.changes()).toEqual([]);
  await used.apply([WEB, FILE]);
  expect((await used.changes()).filter((line) => line.includes('web1'))).toEqual([]);
});

it('offers one image to two clients, who cannot write to it, and to one of them writable not', async () => {
  await using used = await lioRig();
  await used.apply(SHARED);
  const made = await used.changes();
  for (const { target, initiator, disk } of SHARED) {
    expect(made.join('\n')).toContain(`/${target}/control fd_dev_name=${disk},fd_dev_size=4194304`);
    expect(made).toContain(`write iscsi/${target}/tpgt_1/acls/${initiator}/lun_0/write_protect 1`);
  }
  await used.apply(SHARED);
  expect(await used.changes()).toEqual([]);
  const [{ disk }] = SHARED;
  await expect(used.apply([{ ...PC, disk }])).rejects.toThrow(PC.target);
  expect(await used.changes()).toEqual([]);
});

it.each(['eui.0123456789abcdef', 'naa.52004567ba64678d'])(
  'lets in an initiator whose name is %s',
  async (initiator) => {
    await using used = await lioRig();
    const lun = { ...WEB, initiator };
    await used.apply([lun]);
    expect(await used.changes()).toContain(`mkdir ${TPG}/acls/${initiator}`);
    await used.apply([lun]);
    expect(await used.changes()).toEqual([]);
    await used.logIn(lun);
    expect(await used.sessions()).toEqual([{ target: WEB.target, initiator }]);
  },
);

it('offers it at each portal, and takes away one that left the site once clients know of it no more', async () => {
  await using used = await lioRig();
  const other = { address: '10.77.1.1', port: 3260 };
  await used.apply([WEB], [...PORTALS, other]);
  await used.logIn(WEB);
  await used.changes();
  const madeAndGone = async () => (await used.changes()).filter((line) => !line.startsWith('write'));
  await used.apply([WEB], PORTALS);
  expect(await used.changes()).toEqual([]);
  await used.apply([WEB], PORTALS, { onlyPortals: true });
  expect(await madeAndGone()).toEqual([`rmdir ${TPG}/np/10.77.1.1:3260`]);
  expect(await used.sessions()).toEqual([{ target: WEB.target, initiator: WEB.initiator }]);
  expect(await used.saved()).toEqual(await used.dump());
  await used.apply([WEB], [other], { onlyPortals: true });
  expect(await madeAndGone()).toEqual([`mkdir ${TPG}/np/10.77.1.1:3260`, `rmdir ${TPG}/np/10.77.0.1:3260`]);
});

it('changes a secret under a session', async () => {
  await using used = await lioRig();
  await used.apply([WEB]);
  await used.logIn(WEB);
  await used.changes();
  await used.apply([{ ...WEB, chap: { user: 'web1', secret: 'new-secret-1' } }]);
  expect(await used.changes()).toEqual([`write ${TPG}/acls/${WEB.initiator}/auth/password new-secret-1`]);
});

it('gives the disk to the client’s new name, and leaves a session under the old one', async () => {
  await using used = await lioRig();
  const renamed = { ...WEB, initiator: 'iqn.2026-01.org.example:client.web2' };
  await used.apply([WEB]);
  await used.logIn(WEB);
  await used.apply([renamed]);
  expect(await used.sessions()).toEqual([{ target: WEB.target, initiator: WEB.initiator }]);
  await used.logIn(renamed);
  expect(await used.sessions()).toHaveLength(2);
});

it('keeps what survives a restart: entries of ours, and those of other people as they were', async () => {
  await using used = await lioRig();
  await used.apply([WEB]);
  const theirs = { name: 'theirs', plugin: 'fileio', dev: '/x', size: 1, wwn: 'w' };
  const saved = JSON.parse(await readFile(used.savedPath, 'utf8')) as { storage_objects: object[] };
  saved.storage_objects.unshift(theirs);
  await writeFile(used.savedPath, JSON.stringify(saved));
  await used.apply([WEB, FILE]);
  const dump = await used.dump();
  expect(await used.saved()).toEqual({ ...dump, storage_objects: [...dump.storage_objects, theirs] });
  expect((await stat(used.savedPath)).mode & 0o777).toBe(0o600);
  await used.remove([WEB, FILE]);
  expect(await used.saved()).toEqual({ fabric_modules: [], storage_objects: [theirs], targets: [] });
});

it('takes targets away, and what is not there is no error', async () => {
  await using used = await lioRig();
  await used.apply([WEB, FILE]);
  await used.remove([WEB]);
  expect(await used.left()).toEqual({ stores: 1, targets: [FILE.target] });
  await used.remove([WEB, FILE]);
  await used.remove([WEB]);
  expect(await used.left()).toEqual({ stores: 0, targets: [] });
});

it('refuses to take away what has a session', async () => {
  await using used = await lioRig();
  await used.apply([WEB, FILE]);
  expect(await used.sessions()).toEqual([]);
  await used.logIn(WEB);
  expect(await used.sessions()).toEqual([{ target: WEB.target, initiator: WEB.initiator }]);
  await used.changes();
  await expect(used.remove([FILE, WEB])).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [
      {
        what: `The target ${WEB.target} has a session.`,
        expected: 'nobody logged in',
        found: WEB.initiator,
        hint: 'Shut that client down, wait until its target misses it (a minute with LIO), then run the same command again.',
      },
    ],
  });
  expect(await used.changes()).toEqual([]);
});

const OTHER = `
import rtslib_fb as r
def store(name, dev): return r.FileIOStorageObject(name, dev=dev, size=4096, wwn="w", write_back=False)
def target(tag=1): return r.TPG(r.Target(r.FabricModule("iscsi"), "${WEB.target}"), tag)
`;

it.each([
  ['a LUN', 'r.LUN(target(), 0, store("theirs", "/x"))', 'LUN 0 is the backstore fileio/theirs'],
  ['another portal group', 'target(2)', 'a portal group with the tag 2'],
  [
    'an ACL',
    'r.NodeACL(target(), "iqn.2000-01.org.example:they")',
    'no LUN, but iqn.2000-01.org.example:they may log in',
  ],
  ['a backstore of that name', `store("${WEB.target}", "/x")`, `the backstore fileio/${WEB.target} is /x`],
  [
    'our disk',
    `store("theirs", "${WEB.disk}")`,
    `its disk ${WEB.disk} is offered by the backstore fileio/theirs`,
  ],
])('leaves what is foreign: %s', async (_, code, found) => {
  await using used = await lioRig();
  await used.python(OTHER + code);
  await used.changes();
  await expect(used.apply([FILE, WEB])).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [
      {
        what: `The target ${WEB.target} belongs to somebody else.`,
        expected: 'no target of that name but ours',
        found,
        hint: 'Choose another `prefix` for the targets of this host in the site, or remove that target by hand.',
      },
    ],
  });
  expect((await used.changes()).filter((line) => line !== 'mkdir iscsi')).toEqual([]);
});

it.each(['control', 'vpd_unit_serial', 'auth/password', 'tpgt_1/enable'])(
  'finishes what broke off at %s',
  async (attribute) => {
    await using used = await lioRig();
    await used.apply([FILE, WEB]);
    const whole = await used.dump();
    await used.remove([WEB]);
    used.breakAt(`.*${WEB.target}/.*${attribute}`);
    const broken = await used.apply([FILE, WEB]).catch((error: unknown) => error);
    expect(broken).toMatchObject({ kind: 'tool' });
    expect(JSON.stringify((broken as Failure).toRecord())).not.toContain(SECRET);
    used.breakAt('');
    await used.apply([FILE, WEB]);
    expect(await used.dump()).toEqual(whole);
    expect(await used.saved()).toEqual(whole);
  },
);

it.each([
  ['a backstore', 'os.mkdir(root + "/core/fileio_0"); os.mkdir(root + "/core/fileio_0/" + name)'],
  ['a LUN', 'os.mkdir(target().path + "/lun/lun_0")'],
  [
    'an ACL’s LUN',
    `acl = used(); os.unlink(next(e.path for e in os.scandir(acl.path + "/lun_0") if e.is_symlink()))`,
  ],
])('finishes what ended within %s', async (_, code) => {
  await using used = await lioRig();
  await used.apply([WEB]);
  const whole = await used.dump();
  if (!code.includes('used()')) await used.remove([WEB]);
  await used.python(`${OTHER}
import os
root, name = os.environ["CONFIGFS"], "${WEB.target}"
def used(): return r.NodeACL(target(), "${WEB.initiator}", "lookup")
${code}`);
  await used.apply([WEB]);
  expect(await used.dump()).toEqual(whole);
});

it('renders what rtslib restores to the same', async () => {
  await using live = await lioRig();
  await using restored = await lioRig();
  await live.apply([WEB, FILE]);
  const [file] = live.adapter.render([WEB, FILE], PORTALS);
  const errors = await restored.python(
    'import json, sys, rtslib_fb; print(json.dumps(rtslib_fb.RTSRoot().restore(json.load(sys.stdin))))',
    file?.text,
  );
  expect(JSON.parse(errors)).toEqual([]);
  expect(await restored.dump()).toEqual(await live.dump());
  // It is one that apply has nothing to do with.
  await restored.changes();
  await restored.apply([WEB, FILE]);
  expect(await restored.changes()).toEqual([]);
});

it('lets a session live that came in the last moment', async () => {
  await using used = await lioRig();
  await used.apply([FILE, WEB]);
  const whole = await used.dump();
  await used.logInLate(WEB);
  await expect(used.remove([FILE, WEB])).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ what: `The target ${WEB.target} has a session.` }],
  });
  expect(await used.dump()).toEqual(whole);
  expect(await used.sessions()).toEqual([{ target: WEB.target, initiator: WEB.initiator }]);
});

it('offers two disks on one target, as it restores them, adds a second one, and takes both away', async () => {
  await using live = await lioRig();
  await using restored = await lioRig();
  const { beside: _, ...first } = PC;
  await live.apply([WEB, first]);
  await live.changes();
  await live.apply([WEB, PC]);
  const whole = await live.dump();
  expect((await live.changes()).filter((line) => line.includes('web1'))).toEqual([]);
  await live.apply([WEB, PC]);
  expect(await live.changes()).toEqual([]);
  const shown = (await live.adapter.show(live.host, undefined as never)).find(
    ({ target }) => target === PC.target,
  );
  expect(shown?.luns.toSorted((a, b) => a.number - b.number)).toEqual([
    { number: 0, disk: PC.disk },
    { number: 1, disk: PC.beside?.disk },
  ]);
  const [file] = live.adapter.render([WEB, PC], PORTALS);
  await restored.python(
    'import json, sys, rtslib_fb; rtslib_fb.RTSRoot().restore(json.load(sys.stdin))',
    file?.text,
  );
  expect(await restored.dump()).toEqual(whole);
  expect(await live.saved()).toEqual(whole);
  await live.remove([PC]);
  expect(await live.left()).toEqual({ stores: 1, targets: [WEB.target] });
  expect((await live.saved()).storage_objects.map(({ name }) => name)).toEqual([WEB.target]);
});

it('shows no secret in a command line', async () => {
  await using used = await lioRig();
  const lines = await commandLinesDuring(async () => {
    await used.apply([WEB]);
    await used.sessions();
    await used.remove([WEB]);
  });
  expect(lines).toContain('/usr/bin/python3 -c');
  expect(lines).not.toContain(SECRET);
});

it('says what the host lacks', async () => {
  await using used = await lioRig();
  const host = {
    ...used.host,
    run: (...[argv, options]: Parameters<typeof used.host.run>) =>
      used.host.run([argv[0], '-S', ...argv.slice(1)], options),
  };
  await expect(used.adapter.sessions(host, undefined as never)).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: 'The target host san1 has no LIO.',
        expected: 'rtslib for Python, and a kernel with target_core_mod and iscsi_target_mod',
        found: "No module named 'rtslib_fb'",
        hint: 'Install Debian’s package targetcli-fb there, and be root there.',
      },
    ],
  });
});
