/**
 * Verbs in any order on two hosts that are alike. On one no call is disturbed; on the other each is killed at a random moment. There
 * clients see what they saw before or what they see at the end, and once the call is made again, or finished by `repair`, nothing
 * tells the two hosts from each other. `npm run kills` kills a thousand calls; LUNSMITH_KILLS says how many, LUNSMITH_KILLS_SEED
 * where they begin.
 */
import { appendFile, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { UndoStack } from '../../base/undo-stack.js';
import { readState } from '../../hosts/apply.js';
import { openDirectory } from '../../hosts/host/directory.js';
import { generationsOf } from '../../hosts/host/state.js';
import { adapterOf } from '../../hosts/target/adapters.js';
import { ports } from '../artifacts/formats/tools.js';
import { numbers } from '../fuzz/mutate.js';
import { MAIN } from '../util/cli.js';
import { picture } from '../util/host-rig.js';
import { hostFacts } from '../util/hosts.js';
import { descendants, untilEnded } from '../util/processes.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const KILLS = Number(process.env['LUNSMITH_KILLS'] ?? 12);
const SEED = Number(process.env['LUNSMITH_KILLS_SEED'] ?? 1);
/** A file that tells how far a long run is. */
const LOG = process.env['LUNSMITH_KILLS_LOG'];
const MIB = 2 ** 20;
const VERSIONS = ['v1', 'v2', 'v3'] as const;
const CLIENTS = ['web1', 'web2', 'web3', 'web4'] as const;

/** A host, and how it is called. */
interface Twin extends Pick<ReturnType<typeof hostCalls>, 'lunsmith'> {
  readonly host: HostHome;
}

const stack = new UndoStack();
let steady: Twin;
let mortal: Twin;
/** Folders of the releases, by version. */
const releases: Record<string, string> = {};
const digestOf = (version: string) => (releases[version] ?? '').split('/').at(-1) ?? '';
/** Milliseconds of a call that does nothing. */
let starting = 0;

async function twin(): Promise<Twin> {
  const host = stack.use(await hostHome());
  await writeFile(join(host.home, 'chap'), 'canary-6-0\n', { mode: 0o600 });
  const client = (number: number, more: string) =>
    `  web${number}: { mac: '52:54:00:00:00:0${number}', secret: 'file:chap', ${more} }\n`;
  await host.site(
    `${[
      '    gate: []',
      '    retention: 1d',
      '    dhcp: { interface: lo, network: 127.0.0.0/8 }',
      "    reload: ['true']",
      'channels: [edge, stable]',
      'clients:',
    ].join(
      '\n',
    )}\n${client(1, 'channel: stable')}${client(2, 'channel: edge')}${client(3, 'channel: stable, follows: rebase')}`,
  );
  return { host, lunsmith: hostCalls(() => host).lunsmith };
}

beforeAll(async () => {
  [steady, mortal] = [await twin(), await twin()];
  for (const version of VERSIONS)
    releases[version] = await steady.host.release(version, Buffer.alloc(2 * MIB, version));
  for (const { lunsmith } of [steady, mortal]) {
    for (const path of Object.values(releases)) await lunsmith(['publish', path]);
    for (const channel of ['stable', 'edge']) await lunsmith(['promote', digestOf('v1'), channel]);
    await lunsmith(['apply', '--yes']);
  }
  const started = performance.now();
  await execa(process.execPath, [MAIN, '--version']);
  starting = performance.now() - started;
}, 120_000);
afterAll(() => stack[Symbol.asyncDispose]());

const lab = ({ host }: Twin) => join(host.home, 'lab');
const directory = (at: Twin) => openDirectory(hostFacts(lab(at)), ports);
/** Without what two hosts cannot have in common: where they lie, and when something was done. */
const alike = (at: Twin) => (text: string) =>
  text
    .replaceAll(at.host.home, '/home')
    .replaceAll(String(at.host.port), '3260')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'a time');

/** All that clients are handed. */
const seen = (at: Twin) => picture(join(lab(at), 'current/http'), alike(at));

type Everything = Readonly<Record<string, unknown>>;

/** The host's folder, its targets, the site. */
async function everything(at: Twin): Promise<Everything> {
  const targets = await adapterOf('tgt', { tgtSocket: `${at.host.socket}.0` }).show(directory(at), ports);
  const files = await picture(lab(at), alike(at));
  return {
    ...files,
    // The order counts, and what was published twice may have the next number.
    publications: files['publications']?.replace(/^\d+ /gm, ''),
    state: await readState(directory(at)).then((state) => alike(at)(JSON.stringify(state))),
    targets: JSON.parse(alike(at)(JSON.stringify(targets))) as unknown,
    site: alike(at)(await readFile(join(at.host.home, 'lunsmith.yaml'), 'utf8')),
    home: (await readdir(at.host.home)).filter((name) => /site|yaml|chap|\.lunsmith/.test(name)).sort(),
  };
}

const serial = async (at: Twin) => (await readState(directory(at))).serial;

/** As a client would. */
async function write(at: Twin, text: string): Promise<void> {
  for (const { disk } of generationsOf(await readState(directory(at)))) {
    await using file = await open(disk, 'r+');
    await file.write(text);
  }
}

/** What differs of two hosts, a line each; empty where nothing does. */
function differences(wanted: Everything, found: Everything): string[] {
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  const differ = [...names]
    .filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(found[name]))
    .sort();
  const short = (of: Everything, name: string) =>
    (of[name] === undefined ? 'nothing' : JSON.stringify(of[name])).slice(0, 3000);
  return differ
    .slice(0, 12)
    .map((name) => `${name}\n  wanted ${short(wanted, name)}\n  found  ${short(found, name)}`);
}

/** A call of any verb, which may be refused: of a client that is not there, for example. */
function anyCall(random: () => number): string[] {
  const one = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const client = one(CLIENTS);
  const release = digestOf(one(VERSIONS));
  const channel = one(['stable', 'edge']);
  const fourth = ['--mac', '52:54:00:00:00:04', '--channel', 'stable', '--secret', 'file:chap'];
  return one([
    () => ['publish', releases[one(VERSIONS)] ?? ''],
    () => ['promote', release, channel],
    () => ['promote', release, channel],
    () => ['promote', release, channel, '--only', client],
    () => ['rollback', channel],
    () => ['client', 'add', client, ...(client === 'web4' ? fourth : [])],
    () => ['client', 'add', client, ...(client === 'web4' ? fourth : [])],
    () => ['client', 'rm', client, '--yes', ...(client === 'web4' ? [] : ['--keep-entry'])],
    () => ['client', 'reset', client, '--yes'],
    () => ['client', 'rebase', client, '--discard', '--yes'],
    () => ['client', 'rotate', client],
    () => ['client', 'maintain', client, ...(random() < 0.5 ? ['--end'] : [])],
    () => ['client', 'undelete', client],
    () => ['client', 'prune', '--all', '--yes'],
    () => ['apply', '--yes'],
    () => ['release', 'rm', release],
    () => ['release', 'prune', '--keep', '1'],
  ])();
}

/** The shortest that a call took to its end, milliseconds, by its words: the moment of the next kill lies before that. */
const lengths = new Map<string, number>();

/** @returns whether it was killed before its end */
async function killed(args: readonly string[], part: number): Promise<boolean> {
  const word = args.filter((each) => /^[a-z]+$/.test(each)).join(' ');
  const [started, longest] = [performance.now(), lengths.get(word) ?? starting * 3];
  const child = execa(process.execPath, [MAIN, ...args], {
    cwd: mortal.host.home,
    reject: false,
    stdin: 'ignore',
    env: { HOME: mortal.host.home, TGT_IPC_SOCKET: mortal.host.socket },
  });
  let left: Promise<number[]> = Promise.resolve([]);
  const kill = () => {
    // So that it begins nothing between being looked at and its end.
    child.kill('SIGSTOP');
    left = descendants(child.pid ?? 0);
    void left.then(() => child.kill('SIGKILL'));
  };
  const timer = setTimeout(kill, longest * (0.3 + 0.7 * part));
  const { signal, exitCode, stderr } = await child;
  clearTimeout(timer);
  // What it began goes on for a moment: the next call waits for that, and a look at the folder has to.
  await untilEnded(await left, 60);
  if (signal !== undefined) return true;
  expect({ args, exitCode, stderr }).toMatchObject({ exitCode: 0 });
  lengths.set(word, Math.min(longest, performance.now() - started));
  return false;
}

it('a call that is killed is done or not done, and the next one finishes it', {
  timeout: 120_000 + KILLS * 20_000,
}, async () => {
  const random = numbers(SEED);
  const outcomes = { old: 0, new: 0, finished: 0 };
  for (let step = 0; outcomes.old + outcomes.new < KILLS; step += 1) {
    const args = anyCall(random);
    const doing = `seed ${SEED}, step ${step}: ${args.join(' ')}`;
    if (args[1] === 'rotate')
      for (const { host } of [steady, mortal])
        await writeFile(join(host.home, 'chap'), `canary-6-${step}\n`, { mode: 0o600 });
    const [before, visible] = [await everything(mortal), await seen(mortal)];
    const [part, choice] = [random(), random()];
    const { code, err } = await steady.lunsmith(args);
    const after = await everything(steady);
    if (code !== 0 || differences(before, after).length === 0) {
      const same = await mortal.lunsmith(args);
      expect({ code: same.code, err: alike(mortal)(same.err) }, doing).toEqual({
        code,
        err: alike(steady)(err),
      });
      expect(differences(before, await everything(mortal)), doing).toEqual([]);
      continue;
    }
    if (await killed(args, part)) {
      const switched =
        (await serial(mortal)) === (await serial(steady)) && after['state'] !== before['state'];
      expect(await seen(mortal), doing).toEqual(switched ? await seen(steady) : visible);
      outcomes[switched ? 'new' : 'old'] += 1;
      if (LOG !== undefined) await appendFile(LOG, `${doing} ${JSON.stringify(outcomes)}\n`);
      for (const digest of await readdir(join(lab(mortal), 'releases')))
        expect(await verifyRelease(await readRelease(join(lab(mortal), 'releases', digest))), doing).toEqual(
          [],
        );
      const again = async (...words: string[]) => {
        const outcome = await mortal.lunsmith(words);
        expect({ doing, words, ...outcome }).toMatchObject({ code: 0 });
      };
      // A secret is read again whenever a rotation is called, which is one more change then.
      if (choice < 0.3 || (switched && args[1] === 'rotate')) await again('repair');
      // What was finished before it was killed would be done twice: a second step back, for example.
      if (differences(after, await everything(mortal)).length > 0) await again(...args);
    } else outcomes.finished += 1;
    expect(differences(after, await everything(mortal)), doing).toEqual([]);
    for (const each of [steady, mortal]) await write(each, `written after step ${step}`);
  }
  console.log(`killed ${outcomes.old} before and ${outcomes.new} after the switch`);
});
