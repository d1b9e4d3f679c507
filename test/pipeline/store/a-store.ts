/** A store in a temporary folder, and entries in it made by the store's own functions. */
import { chmod, mkdir, mkdtemp, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPorts } from '../../../base/command.js';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import type { Event } from '../../../base/event.js';
import type { Ports } from '../../../base/ports.js';
import type { Build } from '../../../pipeline/build/build.js';
import type { StepInputs } from '../../../pipeline/plan/keys/fingerprint.js';
import { makeEntry } from '../../../pipeline/store/entry.js';
import { poolFile } from '../../../pipeline/store/pool.js';
import { openStore, type StepRecord, type Store } from '../../../pipeline/store/store.js';
import { contentFolder } from '../../../pipeline/store/tree-digest.js';

export interface TestStore extends AsyncDisposable {
  /** Holds `work`, the workspace, and is where releases go. */
  readonly folder: string;
  readonly workspace: string;
  readonly store: Store;
  readonly ports: Ports;
  readonly events: readonly Event[];
}

export async function testStore(): Promise<TestStore> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'lunsmith-store-')));
  const workspace = join(folder, 'work');
  const events: Event[] = [];
  const ports = createPorts({ emit: (event) => events.push(event), signal: new AbortController().signal });
  return {
    folder,
    workspace,
    store: await openStore(join(workspace, 'store')),
    ports,
    events,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The key of an entry that tests call by a name. */
export const keyOf = sha256OfText;

export interface EntryWish {
  readonly kind?: StepRecord['kind'];
  readonly recipe?: string;
  /** Default: the entry's name. */
  readonly step?: string;
  /** Name of the entry that it stands on. */
  readonly below?: string;
  readonly inputs?: Partial<StepInputs>;
  readonly records?: Readonly<Record<string, unknown>>;
  readonly rootKey?: string;
  /** RFC 3339. */
  readonly made?: string;
  /** What the record says. */
  readonly bytes?: number;
  /** How many days ago it was used. */
  readonly days?: number;
}

/** An entry with one file whose record says what is wished, so that no gigabytes need to be written. */
export async function addEntry(
  { store, workspace }: TestStore,
  name: string,
  wish: EntryWish = {},
): Promise<string> {
  const {
    kind = 'layer',
    recipe = 'tiny',
    bytes = 1000,
    records = {},
    made = '2026-01-02T03:04:05.000Z',
  } = wish;
  const key = keyOf(name);
  const folder = join(workspace, 'builds', name);
  const content = contentFolder(folder, kind);
  await mkdir(content, { recursive: true });
  await writeFile(join(content, 'file'), name);
  await store.place(folder, key);
  await store.complete({
    format: 'lunsmith-record/2',
    key,
    kind,
    recipe,
    step: wish.step ?? name,
    inputs: inputsOf(wish),
    records: { ...records },
    seconds: 2,
    made,
    bytes,
    entries: 1,
    listing: '',
    files:
      kind === 'layer' ? [] : [{ path: 'file', bytes: name.length, digest: `sha256:${sha256OfText(name)}` }],
    content: '',
    boot: '',
    ...(wish.rootKey === undefined ? {} : { rootKey: wish.rootKey }),
  });
  if (wish.days !== undefined) await usedDaysAgo(join(store.entry(key), 'record.json'), wish.days);
  return key;
}

/** As much of a build as entries need. */
export function testBuild({ store, ports }: TestStore): Build {
  const { emit, signal } = ports;
  const keyed = { plan: { recipe: { name: 'tiny' } } };
  return { store, completions: [], emit, signal, keyed } as unknown as Build;
}

/**
 * An entry as a build makes it, with true digests.
 * @param fill writes its content
 * @param step default: the entry's name
 */
export async function makeTrueEntry(
  at: TestStore,
  name: string,
  kind: StepRecord['kind'],
  fill: (content: string) => Promise<void>,
  step = name,
): Promise<string> {
  const build = testBuild(at);
  const make = async (content: string) => {
    await fill(content);
    return { records: {} };
  };
  const folder = join(at.workspace, 'builds', name);
  const work = { key: keyOf(name), inputs: inputsOf({}), kind, step, folder, make };
  await makeEntry(build, work, at.ports);
  await Promise.all(build.completions);
  return work.key;
}

function inputsOf({ below, inputs }: EntryWish): StepInputs {
  return {
    format: 'lunsmith-step/1',
    stage: 'files',
    code: sha256OfText('code'),
    options: {},
    facts: { architecture: 'amd64', epoch: 1 },
    files: {},
    secrets: {},
    tools: {},
    surroundings: {},
    packages: {},
    ...(below === undefined ? {} : { below: keyOf(below) }),
    ...inputs,
  };
}

/** A package file of as many KiB, whose name is its digest. */
export async function addPackage(
  { store }: TestStore,
  name: string,
  kib: number,
  days: number,
): Promise<string> {
  const content = name.padEnd(kib * 1024, '.');
  const sha256 = sha256OfText(content);
  const file = poolFile(store.pool, sha256);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
  await usedDaysAgo(file, days);
  return sha256;
}

/** A release that is made of entries. @returns its path */
export async function addRelease(
  { folder, store }: TestStore,
  name: string,
  entries: readonly string[],
): Promise<string> {
  const path = join(folder, 'out', 'tiny', 'releases', name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'manifest.json'), canonicalJson({}));
  await store.noteRelease(keyOf(name), {
    format: 'lunsmith-release-record/1',
    recipe: 'tiny',
    digest: name,
    paths: [path],
    steps: entries.map(keyOf),
  });
  return path;
}

/**
 * Writes into a file that has the epoch's time and keeps it, behind the back of everyone who looks at sizes and times; also
 * into one that is read-only.
 */
export async function overwrite(path: string, text: string): Promise<void> {
  const { mode } = await stat(path);
  await chmod(path, mode | 0o200);
  await writeFile(path, text);
  await chmod(path, mode);
  await utimes(path, 1, 1);
}

export async function usedDaysAgo(path: string, days: number): Promise<void> {
  const time = new Date(Date.now() - days * 24 * 3600 * 1000);
  await utimes(path, time, time);
}
