import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyChange, describeChange, needsRepair, readState, repair } from '../../hosts/apply.js';
import { EMPTY_STATE } from '../../hosts/host/state.js';
import { failureOf } from '../util/failure-of.js';
import { currentGeneration, type HostRig, hostRig, picture, wishesOf } from '../util/host-rig.js';
import { clientFacts } from '../util/hosts.js';

let rig: HostRig;
beforeEach(async () => {
  rig = await hostRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const { act, promote, add } = wishesOf(() => rig);
const short = (version: 'v1' | 'v2') => rig.releases[version].digest.slice(0, 12);
const currentOf = (client: string) => currentGeneration(rig.host, client);

it('a host that nothing was done to has the empty state', async () => {
  expect(await readState(rig.host)).toEqual(EMPTY_STATE);
  expect(await needsRepair(rig.host)).toBe(false);
});

it('from the first promotion to a rollback, a client boots what it should, and keeps what it wrote', async () => {
  await promote('v1');
  expect((await add(1)).lines).toEqual([
    'client web1: is new, iqn.2026-01.org.example:web1',
    `client web1: its next boot of debian is a fresh clone of debian-bookworm@${short('v1')}`,
  ]);
  const first = await currentOf('web1');
  expect(first).toMatchObject({ id: `${short('v1')}-2`, release: rig.releases.v1.digest, bytes: 2 ** 20 });
  expect((await readFile(first.disk)).subarray(0, 2).toString()).toBe('v1');
  await writeFile(first.disk, 'mine');
  const dry = await describeChange(
    rig.host,
    { kind: 'promote', channel: 'stable', release: rig.releases.v2.digest },
    rig.options,
    rig.ports,
  );
  const change = await promote('v2');
  expect(change.lines).toEqual(dry.lines);
  expect(change.lines).toEqual([
    `channel stable: debian-bookworm@${short('v1')} -> debian-bookworm@${short('v2')}`,
    `client web1: its next boot of debian is a fresh clone of debian-bookworm@${short('v2')}; its clone ${first.id} is kept for a rollback`,
  ]);
  const second = await currentOf('web1');
  expect((await readFile(second.disk)).subarray(0, 2).toString()).toBe('v2');
  const script = await readFile(join(rig.root, 'http/clients/by-mac/52-54-00-00-00-01.ipxe'), 'utf8');
  expect(script).toContain(second.target);
  expect(script).not.toContain(first.target);
  expect((await rig.table()).map(({ target }) => target)).toEqual([first.target, second.target]);
  await act({ kind: 'rollback', channel: 'stable' });
  expect(await currentOf('web1')).toEqual(first);
  expect(await readFile(first.disk, 'utf8')).toBe('mine');
  const again = await failureOf(act({ kind: 'rollback', channel: 'stable' }));
  expect(again.diagnostics[0].found).toBe(`only debian-bookworm@${short('v1')}`);
  expect(await needsRepair(rig.host)).toBe(false);
});

it('nothing is done when nothing changes', async () => {
  await promote('v1');
  await add(1);
  const before = await picture(rig.folder);
  expect((await promote('v1')).lines).toEqual([]);
  expect((await add(1)).lines).toEqual([]);
  expect(await picture(rig.folder)).toEqual(before);
});

describe('secrets', () => {
  it('are in files of their owner, and in no state', async () => {
    await promote('v1');
    await add(1);
    expect(await readFile(join(rig.root, 'secrets/web1'), 'utf8')).toBe(
      '{"user":"web1","secret":"SECRET1-of-web1"}\n',
    );
    const shown = await picture(rig.root);
    const holders = Object.entries(shown).filter(([, text]) => text.includes('SECRET1-of-web1'));
    expect(holders.map(([path, text]) => `${path} ${text.slice(0, 3)}`)).toEqual([
      'conf/targets.conf 600',
      'secrets/web1 600',
      'states/2/http/clients/web1/account.ipxe 600',
    ]);
    expect((await stat(join(rig.root, 'secrets'))).mode & 0o777).toBe(0o700);
    expect(JSON.stringify(rig.events)).not.toContain('SECRET1-of-web1');
  });

  it('are not asked for by a promotion, and change by a rotation', async () => {
    await promote('v1');
    await add(1);
    const refusing = { ...rig.options, secret: () => Promise.reject(new Error('asked')) };
    await applyChange(
      rig.host,
      { kind: 'promote', channel: 'stable', release: rig.releases.v2.digest },
      refusing,
      rig.ports,
    );
    await act({ kind: 'rotate', client: clientFacts(1, { secret: 'env:OTHER' }) });
    expect((await rig.table()).map(({ chap }) => chap.secret)).toEqual(['OTHER-of-web1', 'OTHER-of-web1']);
    expect(await readFile(join(rig.root, 'http/clients/web1/account.ipxe'), 'utf8')).toContain(
      'OTHER-of-web1',
    );
    const all = JSON.stringify(await picture(join(rig.root, 'secrets')));
    expect(all).not.toContain('SECRET1');
  });

  it('go with their client', async () => {
    await promote('v1');
    await add(1);
    const { disk } = await currentOf('web1');
    await act({ kind: 'remove', client: 'web1' });
    expect(await rig.table()).toEqual([]);
    await expect(stat(disk)).rejects.toThrow('ENOENT');
    expect(await picture(join(rig.root, 'secrets'))).toEqual({});
    expect(
      Object.keys(await picture(join(rig.root, 'current/http'))).filter((path) => path.startsWith('clients')),
    ).toEqual([]);
  });
});

describe('accounts that the host has lost', () => {
  const accounts = async () => Object.keys(await picture(join(rig.root, 'secrets')));
  it('come back by a rotation', async () => {
    await promote('v1');
    await add(1);
    await add(2);
    await rm(join(rig.root, 'secrets/web1'));
    await act({ kind: 'rotate', client: clientFacts(1) });
    expect(await accounts()).toEqual(['web1', 'web2']);
    expect((await rig.table()).map(({ chap }) => chap.user)).toEqual(['web1', 'web2']);
  });

  it('all come back by any change', async () => {
    await promote('v1');
    await add(1);
    await add(2);
    await rm(join(rig.root, 'secrets'), { recursive: true });
    await promote('v2');
    expect(await accounts()).toEqual(['web1', 'web2']);
    expect((await stat(join(rig.root, 'secrets'))).mode & 0o777).toBe(0o700);
    const script = await readFile(join(rig.root, 'http/clients/web2/account.ipxe'), 'utf8');
    expect(script).toContain('SECRET2-of-web2');
  });
});

it('a LUN in use stays until its session has ended', async () => {
  await promote('v1');
  await add(1);
  const first = await currentOf('web1');
  await rig.sessions([{ target: first.target, initiator: 'iqn.2026-01.org.example:web1' }]);
  const refused = await failureOf(act({ kind: 'reset', client: 'web1' }));
  expect(refused.toRecord()).toEqual({
    kind: 'usage',
    diagnostics: [
      {
        what: 'Cannot reset debian of web1: web1 is running from it.',
        expected: `no session with ${first.target}`,
        found: 'a session of iqn.2026-01.org.example:web1',
        hint: 'Shut web1 down, wait until its target misses it (a minute with LIO), then run the same command again.',
      },
    ],
  });
  // It logs in between the plan and the end.
  await rig.sessions([]);
  const reset = applyChange(
    rig.host,
    { kind: 'reset', client: 'web1' },
    {
      ...rig.options,
      drivers: {
        ...rig.options.drivers,
        adapter: {
          ...rig.options.drivers.adapter,
          apply: async (...given) => {
            await rig.options.drivers.adapter.apply(...given);
            await rig.sessions([{ target: first.target, initiator: 'iqn.2026-01.org.example:web1' }]);
          },
        },
      },
    },
    rig.ports,
  );
  await reset;
  expect((await rig.table()).map(({ target }) => target)).toContain(first.target);
  await stat(first.disk);
  await rig.sessions([]);
  await repair(rig.host, rig.options, rig.ports);
  expect((await rig.table()).map(({ target }) => target)).toEqual([(await currentOf('web1')).target]);
  await expect(stat(first.disk)).rejects.toThrow('ENOENT');
});

it('a foreign target is left alone, and nothing changes', async () => {
  await promote('v1');
  const target = `iqn.2026-01.org.example:san1:web1.debian.${short('v1')}-2`;
  const foreign = [{ target, foreign: true }];
  await writeFile(join(rig.folder, 'table.json'), JSON.stringify(foreign));
  const before = await picture(rig.folder);
  const failure = await failureOf(add(1));
  expect(failure.diagnostics[0].what).toBe(`The target ${target} belongs to somebody else.`);
  expect(await rig.table()).toEqual(foreign);
  expect((await readState(rig.host)).serial).toBe(1);
  await repair(rig.host, rig.options, rig.ports);
  expect(await picture(rig.folder)).toEqual(before);
});

it('a secret that is not there changes nothing', async () => {
  await promote('v1');
  const before = await picture(rig.folder);
  const refusing = { ...rig.options, secret: () => Promise.reject(new Error('not there')) };
  await expect(
    applyChange(rig.host, { kind: 'add', client: clientFacts(1) }, refusing, rig.ports),
  ).rejects.toThrow('not there');
  expect(await picture(rig.folder)).toEqual(before);
});

it('the last three states stay', async () => {
  await promote('v1');
  await add(1);
  for (let count = 0; count < 4; count += 1) await act({ kind: 'reset', client: 'web1' });
  const states = Object.keys(await picture(join(rig.root, 'states')))
    .filter((path) => path.endsWith('state.json'))
    .sort();
  expect(states).toEqual(['4/state.json', '5/state.json', '6/state.json']);
  expect(await rig.table()).toHaveLength(1);
});

it('what was damaged by hand is mended', async () => {
  await promote('v1');
  await add(1);
  const before = await picture(rig.folder);
  await writeFile(join(rig.folder, 'table.json'), '[]');
  await writeFile(join(rig.root, 'conf/targets.conf'), 'changed');
  await writeFile(join(rig.root, 'tftp/more'), 'more');
  await repair(rig.host, rig.options, rig.ports);
  expect(await picture(rig.folder)).toEqual(before);
});

it('a damaged state is told of, and nothing is done', async () => {
  await promote('v1');
  await writeFile(join(rig.root, 'states/1/state.json'), '{}');
  const failure = await failureOf(add(1));
  expect(failure.kind).toBe('integrity');
  const [{ what, place }] = failure.diagnostics;
  expect([what, place?.file]).toEqual([
    'The state of san1 is damaged: Missing key `format`.',
    expect.stringMatching(/\/current\/state\.json on san1$/),
  ]);
});

it('a host that does not say which of its states is current is not taken for an empty one', async () => {
  await promote('v1');
  await add(1);
  await rm(join(rig.root, 'current'));
  const before = await picture(rig.folder);
  const { kind, diagnostics } = await failureOf(promote('v2'));
  expect([kind, diagnostics]).toEqual([
    'integrity',
    [
      {
        what: `The state of san1 is damaged, or was written by another version of lunsmith: ${rig.root}/current/state.json`,
        expected: 'a state of the format lunsmith-host/1',
        found: 'it is not there',
        hint: `Point ${rig.root}/current at the newest folder of ${rig.root}/states that is whole, by hand, or use the version of lunsmith that wrote it.`,
      },
    ],
  ]);
  expect(await picture(rig.folder)).toEqual(before);
  await symlink('states/2', join(rig.root, 'current'));
  await promote('v2');
  expect((await currentOf('web1')).release).toBe(rig.releases.v2.digest);
});

it('a damaged state that is not current is told of with its place', async () => {
  await promote('v1');
  await mkdir(join(rig.root, 'states/2'));
  await writeFile(join(rig.root, 'states/2/state.json'), '{');
  const { diagnostics } = await failureOf(add(1));
  expect(diagnostics[0].hint).toBe(
    `Clients do not see it. Move ${rig.root}/states/2 away, by hand; targets and LUNs that it alone names are then yours to remove.`,
  );
  await rm(join(rig.root, 'states/2'), { recursive: true });
  await add(1);
});

describe('the DHCP server', () => {
  const log = (folder: string) => join(folder, 'reloads');
  it('reads its file again when that has changed, also when the first try failed', async () => {
    await rig[Symbol.asyncDispose]();
    rig = await hostRig((folder) => ({
      dhcp: { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' },
      reload: ['sh', '-c', `test ! -e ${join(folder, 'stuck')} && echo reload >>${log(folder)}`],
    }));
    await writeFile(join(rig.folder, 'stuck'), '');
    const failure = await failureOf(add(1));
    expect([failure.kind, failure.diagnostics]).toEqual([
      'tool',
      [
        {
          what: 'san1 serves the new state, but what follows from it is not finished.',
          hint: 'Mend what is told below, then run: npx lunsmith repair --on san1',
        },
        {
          what: 'Could not let the DHCP server of san1 read its file again.',
          expected: `\`${rig.facts.reload?.join(' ')}\`, the \`reload\` of san1 in lunsmith.yaml, to end well`,
          found: 'sh: exit code 1',
        },
      ],
    ]);
    expect(await needsRepair(rig.host)).toBe(true);
    await rm(join(rig.folder, 'stuck'));
    await promote('v1');
    expect(await readFile(log(rig.folder), 'utf8')).toBe('reload\n');
    await promote('v2');
    expect(await readFile(log(rig.folder), 'utf8')).toBe('reload\n');
    await add(2, { address: { address: '192.0.2.9', netmask: '255.255.255.0' } });
    expect(await readFile(log(rig.folder), 'utf8')).toBe('reload\nreload\n');
  });

  it('that never reads its file keeps no change from clients, and repair ends it', async () => {
    await rig[Symbol.asyncDispose]();
    rig = await hostRig((folder) => ({
      dhcp: { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' },
      reload: ['sh', '-c', `test ! -e ${join(folder, 'stuck')} && echo reload >>${log(folder)}`],
    }));
    await promote('v1');
    await add(1);
    await rm(log(rig.folder));
    await writeFile(join(rig.folder, 'stuck'), '');
    const fixed = { address: { address: '192.0.2.9', netmask: '255.255.255.0' } };
    const unfinished = 'san1 serves the new state, but what follows from it is not finished.';
    for (const work of [() => add(1, fixed), () => promote('v2'), () => promote('v2')])
      expect((await failureOf(work())).message).toBe(unfinished);
    expect((await currentOf('web1')).release).toBe(rig.releases.v2.digest);
    expect((await failureOf(act({ kind: 'rollback', channel: 'stable' }))).message).toBe(unfinished);
    expect((await currentOf('web1')).release).toBe(rig.releases.v1.digest);
    expect((await failureOf(act({ kind: 'remove', client: 'web1' }))).message).toBe(unfinished);
    expect(await rig.table()).toEqual([]);
    expect((await failureOf(repair(rig.host, rig.options, rig.ports))).message).toBe(
      'Could not let the DHCP server of san1 read its file again.',
    );
    await rm(join(rig.folder, 'stuck'));
    const before = await readState(rig.host);
    expect(await repair(rig.host, rig.options, rig.ports)).toEqual(before);
    expect(await readFile(log(rig.folder), 'utf8')).toBe('reload\n');
    expect(await needsRepair(rig.host)).toBe(false);
  });
});
