/**
 * Every change is interrupted before operations on the host, and in the middle of those that take a script. Clients
 * must see the old state or the new one whole, and the next call must end where an undisturbed one ends. Each change is
 * interrupted at every so many operations, other ones than the changes before it; with LUNSMITH_EVERY=1 at each, which takes
 * minutes.
 */
import { cp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyChange, needsRepair, readState, repair } from '../../hosts/apply.js';
import type { Intent } from '../../hosts/change/intent.js';
import { deletedGenerations, generationsOf } from '../../hosts/host/state.js';
import { type HostRig, hostRig, picture } from '../util/host-rig.js';
import { clientFacts } from '../util/hosts.js';
import { mortalHost } from '../util/mortal-host.js';

let rig: HostRig;
beforeEach(async () => {
  rig = await hostRig((folder) => ({
    retention: 86_400,
    dhcp: { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' },
    reload: ['sh', '-c', `cat ${join(folder, 'root/conf')}/dhcpd.conf >${join(folder, 'loaded')}`],
  }));
});
afterEach(() => rig[Symbol.asyncDispose]());

const fixed = { address: { address: '192.0.2.8', netmask: '255.255.255.0' } };
const first = clientFacts(1);
const second = clientFacts(2, { follows: 'rebase', ...fixed });

/** Intents that lead to where the last one begins, and that one. */
function intents(name: string): Intent[] {
  const { v1, v2 } = rig.releases;
  const promote = (release: string): Intent => ({ kind: 'promote', channel: 'stable', release });
  const start: Intent[] = [
    promote(v1.digest),
    { kind: 'add', client: first },
    { kind: 'add', client: second },
  ];
  const forward = [...start, promote(v2.digest)];
  const all: Record<string, Intent[]> = {
    'the first promotion': [promote(v1.digest)],
    'a new client': [...start, { kind: 'add', client: clientFacts(3, fixed3) }],
    'a promotion': forward,
    'a rollback': [...forward, { kind: 'rollback', channel: 'stable' }],
    'a reset': [...start, { kind: 'reset', client: 'web1' }],
    'a rebase': [...forward, { kind: 'rebase', client: 'web2', state: 'discard', purge: true }],
    'a rotation': [...start, { kind: 'rotate', client: { ...first, secret: 'env:OTHER' } }],
    'a choice of the next boot': [
      ...start,
      { kind: 'add', client: several },
      { kind: 'next', client: 'web1', image: 'rescue' },
    ],
    'a removal': [...forward, { kind: 'remove', client: 'web1' }],
    'a return': [...forward, { kind: 'remove', client: 'web1' }, { kind: 'undelete', client: first }],
  };
  return all[name] ?? [];
}
const several = clientFacts(1, {
  images: [
    { name: 'debian', channel: 'stable', boot: 'san' },
    { name: 'rescue', channel: 'stable', boot: 'san' },
  ],
});
const fixed3 = { address: { address: '192.0.2.7', netmask: '255.255.255.0' } };

/** All that clients are handed, and by what it stands. */
async function seen(): Promise<Record<string, string>> {
  const http = await picture(join(rig.root, 'current/http'));
  const table = await rig.table();
  const state = await readState(rig.host);
  for (const { target, disk, bytes } of generationsOf(state)) {
    expect(table.map((row) => row.target)).toContain(target);
    expect((await stat(disk)).size).toBe(bytes);
  }
  for (const { disk, bytes } of deletedGenerations(state)) expect((await stat(disk)).size).toBe(bytes);
  return http;
}

const EVERY = Number(process.env['LUNSMITH_EVERY'] ?? 8);

it.each([
  ['the first promotion', 0],
  ['a new client', 1],
  ['a promotion', 2],
  ['a rollback', 3],
  ['a reset', 4],
  ['a rebase', 5],
  ['a rotation', 6],
  ['a removal', 7],
  ['a return', 1],
  ['a choice of the next boot', 3],
] as const)('%s', { timeout: 600_000 }, async (name, offset) => {
  const steps = intents(name);
  const last = steps.at(-1) as Intent;
  for (const intent of steps.slice(0, -1)) {
    await applyChange(rig.host, intent, rig.options, rig.ports);
    if (intent.kind === 'add')
      await writeFile(generationsOf(await readState(rig.host)).at(-1)?.disk ?? '', 'written by its client', {
        flag: 'r+',
      });
  }
  const start = `${rig.folder}.start`;
  await rm(start, { recursive: true, force: true });
  await cp(rig.folder, start, { recursive: true, verbatimSymlinks: true });
  try {
    const old = await seen();
    const undisturbed = mortalHost(rig.host);
    await applyChange(undisturbed.host, last, rig.options, rig.ports);
    await undisturbed.bury();
    const end = await picture(rig.folder);
    const fresh = await seen();
    expect(fresh).not.toEqual(old);
    const outcomes = new Set<string>();
    for (const half of [false, true]) {
      for (let lives = 0; lives < undisturbed.operations.length; lives += 1) {
        if (half && !undisturbed.scripts.has(lives)) continue;
        if ((lives + offset) % EVERY !== 0 && lives !== undisturbed.operations.length - 1) continue;
        const doing = `${name}, ${half ? 'in' : 'before'} ${undisturbed.operations[lives]}`;
        await rm(rig.folder, { recursive: true });
        await cp(start, rig.folder, { recursive: true, verbatimSymlinks: true });
        const mortal = mortalHost(rig.host, lives, half);
        await expect(applyChange(mortal.host, last, rig.options, rig.ports), doing).rejects.toThrow();
        await mortal.bury();
        const now = await seen();
        const isNew = JSON.stringify(now) === JSON.stringify(fresh);
        if (!isNew) expect(now, doing).toEqual(old);
        outcomes.add(isNew ? 'new' : 'old');
        // The same call again finishes as well as repair does, and goes no further; a secret is read again whenever it is called.
        if (isNew && (name === 'a rotation' || lives % 2 === 0))
          await repair(rig.host, rig.options, rig.ports);
        else await applyChange(rig.host, last, rig.options, rig.ports);
        expect(await picture(rig.folder), doing).toEqual(end);
        expect(await needsRepair(rig.host), doing).toBe(false);
      }
    }
    expect([...outcomes].sort()).toEqual(['new', 'old']);
  } finally {
    await rm(start, { recursive: true, force: true });
  }
});
