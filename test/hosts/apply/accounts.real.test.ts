/** What a real tgtd cannot take, and what an earlier call left half done, never keeps a host from being changed. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyChange, describeChange, needsRepair, readState, repair } from '../../../hosts/apply.js';
import type { Intent } from '../../../hosts/change/intent.js';
import { generationsOf } from '../../../hosts/host/state.js';
import { adapterOf } from '../../../hosts/target/adapters.js';
import { startTgtd, type Tgtd } from '../../../hosts/target/tgt/daemon.js';
import { type HostRig, hostRig, picture } from '../../util/host-rig.js';
import { clientFacts } from '../../util/hosts.js';
import { freePort, inquire } from '../target/initiator.js';

/** Of the characters that a password generator makes; tgt-admin hands it to a shell. */
const REFUSED = 'C1B4HVIRZk@3$CLu';
const GOOD = 'good-secret-1';

let rig: HostRig;
let tgtd: Tgtd;
let port: number;
let options: HostRig['options'];
/** The secret behind the reference of every client, as it is now. */
let secret: string;

beforeEach(async () => {
  port = await freePort();
  rig = await hostRig(() => ({
    address: '127.0.0.1',
    target: { kind: 'tgt', prefix: 'iqn.2026-01.org.example:san1', port },
  }));
  tgtd = await startTgtd(rig.ports, { portal: { address: '127.0.0.1', port }, folder: rig.folder });
  secret = GOOD;
  const adapter = adapterOf('tgt', { tgtSocket: join(rig.folder, 'tgtd.0') });
  options = { ...rig.options, drivers: { ...rig.options.drivers, adapter }, secret: async () => secret };
});
afterEach(async () => {
  const { adapter } = options.drivers;
  const names = (await tgtd.targets()).map(({ name }) => name);
  await adapter.remove(rig.host, names, rig.ports);
  await tgtd[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

const act = (intent: Intent, changed: Partial<typeof options> = {}) =>
  applyChange(rig.host, intent, { ...options, ...changed }, rig.ports);
const promote = (version: 'v1' | 'v2') =>
  act({ kind: 'promote', channel: 'stable', release: rig.releases[version].digest });
const add = (number: number): Intent => ({ kind: 'add', client: clientFacts(number) });
const rotate = (number: number): Intent => ({ kind: 'rotate', client: clientFacts(number) });

/** Whether web1 gets at its LUN with this secret. */
async function letsIn(number: number, word: string): Promise<boolean> {
  const { facts, images } = (await readState(rig.host)).clients[`web${number}`] ?? {};
  const { current, generations } = images?.['debian'] ?? { current: '', generations: [] };
  const generation = generations.find(({ id }) => id === current);
  if (facts === undefined || generation === undefined) throw new Error('no LUN');
  const lun = { ...generation, initiator: facts.initiator, backing: 'file' as const };
  const answer = await inquire(
    { ...lun, chap: { user: facts.account, secret: word } },
    { address: '127.0.0.1', port },
    1,
  );
  return answer.includes(generation.serial);
}

/** As a version did that looked at the secret when the switch was made: state and boot files have it, tgtd has not. */
async function wedge(): Promise<void> {
  await promote('v1');
  await act(add(1));
  const { serial } = await readState(rig.host);
  await writeFile(join(rig.root, 'secrets/web1'), `${JSON.stringify({ user: 'web1', secret: REFUSED })}\n`);
  await rm(join(rig.root, 'states', String(serial), 'converged'));
}

describe('a secret that tgt cannot take', () => {
  const refusal = {
    kind: 'usage',
    diagnostics: [
      {
        what: 'tgt cannot take this CHAP secret.',
        expected: 'letters, digits and . _ : @ % + = / -',
        found: 'that of web1, `env:SECRET1`',
        hint: 'Nothing was changed on san1. `openssl rand -hex 8` makes one of 16 characters.',
      },
    ],
  };

  it('is refused before anything is copied or switched, by a dry run too', async () => {
    await promote('v1');
    const empty = await picture(rig.root);
    secret = REFUSED;
    await expect(act(add(1))).rejects.toMatchObject(refusal);
    await expect(describeChange(rig.host, add(1), options, rig.ports)).rejects.toMatchObject(refusal);
    expect(await picture(rig.root)).toEqual(empty);
    expect(rig.events.some(({ type }) => type === 'progress')).toBe(false);

    secret = GOOD;
    await act(add(1));
    const whole = await picture(rig.root);
    secret = REFUSED;
    await expect(act(rotate(1))).rejects.toMatchObject(refusal);
    expect(await picture(rig.root)).toEqual(whole);
    expect(await needsRepair(rig.host)).toBe(false);
    expect(await letsIn(1, GOOD)).toBe(true);
    await act({ kind: 'remove', client: 'web1' });
  });

  it('that is there all the same keeps out its client alone, until it gets another', async () => {
    await wedge();
    await act(add(2));
    expect(rig.events.filter(({ type }) => type === 'warning').at(-1)).toMatchObject({
      message:
        'web1 cannot log in, and its LUNs are not offered. tgt cannot take this CHAP secret. Expected letters, digits and . _ : @ % + = / -.',
      hint: 'Give it another: npx lunsmith client rotate web1',
    });
    expect(await needsRepair(rig.host)).toBe(false);
    expect(await letsIn(2, GOOD)).toBe(true);
    await promote('v2');
    await act({ kind: 'rollback', channel: 'stable' });
    await repair(rig.host, options, rig.ports);
    expect(await letsIn(2, GOOD)).toBe(true);
    expect(await readFile(join(rig.root, 'conf/targets.conf'), 'utf8')).not.toContain('web1');
    await act(rotate(1));
    expect(await letsIn(1, GOOD)).toBe(true);
  });

  it('goes with its client', async () => {
    await wedge();
    await act({ kind: 'remove', client: 'web1' });
    expect(await needsRepair(rig.host)).toBe(false);
    expect(await tgtd.targets()).toEqual([]);
  });
});

describe('a wish that cannot be finished', () => {
  it('gives way to the next one', async () => {
    await promote('v1');
    await act(add(1));
    await act(add(2));
    const [broken] = generationsOf(await readState(rig.host));
    const { adapter } = options.drivers;
    let calls = 0;
    const failing: typeof adapter = {
      ...adapter,
      apply: (host, luns, ...more) => {
        calls += 1;
        if (calls > 1 && luns.some(({ target }) => target === broken?.target))
          return Promise.reject(new Error('its disk cannot be read'));
        return adapter.apply(host, luns, ...more);
      },
    };
    const drivers = { ...options.drivers, adapter: failing };
    secret = 'other-secret-1';
    await expect(act(rotate(2), { drivers })).rejects.toMatchObject({
      diagnostics: [{ what: 'san1 serves the new state, but what follows from it is not finished.' }, {}],
    });
    expect(await needsRepair(rig.host)).toBe(true);
    // The target still fails with the LUN of web1: without it all can be done, the secret of web2 among it.
    await act({ kind: 'remove', client: 'web1' }, { drivers });
    expect(await needsRepair(rig.host)).toBe(false);
    expect(await letsIn(2, 'other-secret-1')).toBe(true);
    expect(await letsIn(2, GOOD)).toBe(false);
    expect(await readdir(join(rig.root, 'secrets'))).toEqual(['web2']);
    expect((await tgtd.targets()).map(({ accounts }) => accounts)).toEqual([['web2']]);
  });

  it('leaves no secret behind that the files no longer tell', async () => {
    await promote('v1');
    await act(add(1));
    secret = 'other-secret-1';
    const { host } = rig;
    // Cut off when tgtd has the other secret, and the file that tells which it has is still the old one.
    const cut: typeof host = {
      ...host,
      write: (path, ...more) =>
        path.endsWith('/targets.conf') ? Promise.reject(new Error('cut')) : host.write(path, ...more),
    };
    await expect(applyChange(cut, rotate(1), options, rig.ports)).rejects.toThrow('serves the new state');
    expect(await letsIn(1, 'other-secret-1')).toBe(true);
    secret = GOOD;
    await act(rotate(1));
    expect([await letsIn(1, GOOD), await letsIn(1, 'other-secret-1')]).toEqual([true, false]);
  });
});
