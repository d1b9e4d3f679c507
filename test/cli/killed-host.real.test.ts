/**
 * `publish` of a larger image is killed at random moments: the release is there whole or not at all, and the next call finishes. The
 * moments are parts of the time that an undisturbed call takes, the same parts in every run. All other verbs: kills.real.test.ts.
 */
import { createCipheriv } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { MAIN } from '../util/cli.js';
import { type HostHome, hostHome } from './a-host.js';

const KILLS = 10;
const CLIENTS = ['web1', 'web2'];
const IMAGE = 24 * 2 ** 20;

let host: HostHome;
let home: string;
let v1: string;
/** Writes the site, with more lines of its host. */
let site: (more?: string) => Promise<void>;

/** A linear congruential generator (Numerical Recipes): the same moments in every run. */
let state = 4;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** @param killAfter milliseconds */
async function cli(args: readonly string[], killAfter?: number): Promise<string | undefined> {
  const child = execa(process.execPath, [MAIN, ...args, '--site', join(home, 'lunsmith.yaml')], {
    reject: false,
    stdin: 'ignore',
    env: {
      TGT_IPC_SOCKET: host.socket,
      CHAP: 'canary-4-55ae01',
      LUNSMITH_WORKSPACE: join(home, 'work'),
    },
  });
  if (killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
  const { exitCode, stderr, signal } = await child;
  if (signal === undefined && exitCode !== 0) throw new Error(`${args.join(' ')}\n${stderr}`);
  return signal;
}

/** What cannot be compressed. */
const noise = () =>
  createCipheriv('aes-128-ctr', 'v1'.padEnd(16), Buffer.alloc(16)).update(Buffer.alloc(IMAGE));

/** How long it takes undisturbed, milliseconds. */
async function timed(args: readonly string[]): Promise<number> {
  const started = performance.now();
  await cli(args);
  return performance.now() - started;
}

beforeAll(async () => {
  host = await hostHome();
  home = host.home;
  v1 = await host.release('v1', noise());
  const clients = CLIENTS.map(
    (name, index) => `  ${name}: { mac: '52:54:00:00:00:0${index}', channel: stable, secret: env:CHAP }\n`,
  );
  site = (more = '') => host.site(`    gate: []\n${more}clients:\n${clients.join('')}`);
  await site();
}, 120_000);
afterAll(() => host[Symbol.asyncDispose]());

const digestOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

describe('a call that is killed', () => {
  it('publishes the whole release or nothing of it, and the next call finishes', {
    timeout: 300_000,
  }, async () => {
    const args = ['publish', v1];
    const releases = join(home, 'lab', 'releases');
    const whole = await timed(args);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await rm(join(home, 'lab'), { recursive: true });
      await rm(join(home, 'work'), { recursive: true });
      await cli(args, random() * whole);
      for (const name of await readdir(releases).catch(() => [])) {
        expect(name).toBe(digestOf(v1));
        expect(await verifyRelease(await readRelease(join(releases, name)))).toEqual([]);
      }
      await cli(args);
      expect(await verifyRelease(await readRelease(join(releases, digestOf(v1))))).toEqual([]);
      expect(await readdir(join(home, 'lab', 'incoming')).catch(() => [])).toEqual([]);
    }
  });
});

it('a change whose DHCP server cannot be told is finished by the command that its failure names', async () => {
  const dhcp = (reload: string) =>
    `    dhcp: { interface: lo, network: 127.0.0.0/8 }\n    reload: ['${reload}']\n`;
  await cli(['client', 'add', 'web1']);
  await site(dhcp('false'));
  const said = await cli(['client', 'rotate', 'web1', '--plain']).then(
    () => expect.unreachable('it was told'),
    (error: unknown) => (error as Error).message,
  );
  const [, args = ''] = /run: npx lunsmith (.*)/.exec(said) ?? [];
  expect(args).toBe('repair --on lab');
  const warnings = async () => {
    const { stdout } = await execa(process.execPath, [MAIN, 'status', '--json'], {
      cwd: home,
      env: { TGT_IPC_SOCKET: host.socket },
    });
    return (JSON.parse(stdout) as { warnings: { message: string; hint: string }[] }).warnings;
  };
  const unfinished = {
    message: 'A change of lab is not finished.',
    hint: 'If nobody is at it, run: npx lunsmith repair --on lab',
  };
  expect(await warnings()).toContainEqual(unfinished);
  await site(dhcp('true'));
  await cli(args.split(' '));
  expect(await warnings()).not.toContainEqual(unfinished);
});
