import { access, constants, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decideAccelerator } from '../../app/accelerator.js';
import type { Event } from '../../base/event.js';
import { bootId } from '../../pipeline/store/store.js';

vi.mock('../../gate/accelerator.js', () => ({ kvmDenied: () => Promise.resolve(denied) }));

let denied: string | undefined;
let workspace: string;
let events: Event[];
const SLOW = 'iPXE does not start under KVM within 10 s';
const known = () => join(workspace, 'kvm.json');
const decide = (wanted: 'auto' | 'kvm' | 'tcg', probe: () => Promise<string | undefined>) =>
  decideAccelerator({ wanted, workspace, probe }, (event) => events.push(event));
const never = () => Promise.reject(new Error('nothing is to be started'));

beforeEach(async () => {
  denied = undefined;
  events = [];
  workspace = await mkdtemp(join(tmpdir(), 'lunsmith-kvm-'));
});
afterEach(() => rm(workspace, { recursive: true }));

it('takes software emulation without a look when it is asked for', async () => {
  expect(await decide('tcg', never)).toBe('tcg');
});

it('tries a KVM that stalls once for each boot of the host', async () => {
  expect(await decide('auto', () => Promise.resolve(SLOW))).toBe('tcg');
  expect(await decide('auto', never)).toBe('tcg');
  const warning = { type: 'warning', message: `Booting by software emulation, which is slower: ${SLOW}.` };
  expect(events).toEqual([warning, warning]);

  await writeFile(known(), JSON.stringify({ boot: 'another', problem: SLOW }));
  expect(await decide('auto', () => Promise.resolve('QEMU with KVM ended: x'))).toBe('tcg');
  expect(JSON.parse(await readFile(known(), 'utf8'))).toEqual({
    boot: await bootId(),
    problem: 'QEMU with KVM ended: x',
  });
});

it('tries again when KVM is demanded, and forgets what was found when it works', async () => {
  await decide('auto', () => Promise.resolve(SLOW));
  await expect(decide('kvm', () => Promise.resolve(SLOW))).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      { what: 'QEMU cannot use KVM on this host.', expected: 'iPXE to start under KVM', found: SLOW },
    ],
  });
  expect(await decide('kvm', () => Promise.resolve(undefined))).toBe('kvm');
  await expect(access(known(), constants.F_OK)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('starts nothing and keeps nothing when this user has no access', async () => {
  denied = '/dev/kvm cannot be used (EACCES)';
  expect(await decide('auto', never)).toBe('tcg');
  await expect(access(known(), constants.F_OK)).rejects.toMatchObject({ code: 'ENOENT' });
});

it.each(['', '{', '[]', '{"boot":1}'])('tries when what was kept is %o', async (text) => {
  await decide('auto', () => Promise.resolve(SLOW));
  await writeFile(known(), text);
  expect(await decide('auto', () => Promise.resolve(undefined))).toBe('kvm');
});
