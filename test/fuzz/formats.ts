/** All formats that are read from a disk or a host, each with an example that is right and its reader. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReadCpioEntry, readCpio, writeCpio } from '../../artifacts/formats/cpio.js';
import { parseManifest } from '../../artifacts/release/manifest.js';
import { parseProof } from '../../artifacts/release/proof.js';
import { canonicalJson } from '../../base/digest.js';
import type { FailureKind } from '../../base/failure.js';
import { authorizeBy } from '../../base/netrc.js';
import { readState, stateText } from '../../hosts/apply/states.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { loadIndex, parseTable, saveIndex, tableText } from '../../hosts/publish/transfer/kept-index.js';
import { parseSite } from '../../hosts/site/load.js';
import { parseLock } from '../../pipeline/plan/lock/lock.js';
import { formatLock } from '../../pipeline/plan/lock/lock-text.js';
import { openStore } from '../../pipeline/store/store.js';
import { checkIndex } from '../../stages/distribution/debian/apt/release-file.js';
import { formatSources, parseDeb822, parseOneLine } from '../../stages/distribution/debian/apt/sources.js';
import { RIGHT as SITE } from '../hosts/site/a-site.js';
import { ARTIFACTS, BOOT, smallManifest } from '../util/manifest.js';
import { RIGHT as RECIPE, recipeRig } from '../util/recipe-rig.js';
import { stepRecord } from '../util/step-record.js';

export interface Format {
  readonly name: string;
  readonly right: Buffer;
  /** Reads it. @returns what has to be so of what it accepts, as text that differs from nothing; undefined: no more is known */
  read(bytes: Buffer): Promise<Oracle | undefined> | Oracle | undefined;
  /** How it may refuse; none: whatever it is, it is read as far as it goes. */
  readonly refuses: readonly FailureKind[];
  /** Whether each refusal has a place in the text. */
  readonly placed: boolean;
}

/** Two values that have to be the same: what was read, and what stands there. */
export interface Oracle {
  readonly read: unknown;
  readonly written: unknown;
}

const text = (bytes: Buffer) => bytes.toString('utf8');
/** Nothing that stands there was overlooked, nothing was made up. */
const whole = (read: unknown, bytes: Buffer): Oracle => ({
  read: plain(read),
  written: JSON.parse(text(bytes)) as unknown,
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

const SHA = 'a'.repeat(64);
const KEY = 'b'.repeat(64);

const PROOF = {
  format: 'lunsmith-proof/1',
  release: SHA,
  cell: { firmware: 'bios', path: 'san', secret: 'right' },
  passed: true,
  at: '2026-01-01T00:00:00Z',
  accelerator: 'tcg',
  network: 'tap',
  seconds: 12.5,
  milestones: [{ boot: 1, milestone: 'dhcp', seconds: 1 }],
  checks: [{ name: 'root', passed: true, found: '/dev/sda' }],
  tools: { qemu: '7.2' },
};

const GENERATION = {
  ...{
    id: 'aaaaaaaaaaaa-1',
    release: SHA,
    target: 'iqn.2026-01.org.example:web1',
    serial: '0123456789abcdef',
  },
  ...{ disk: '/srv/lunsmith/clients/web1', bytes: 1048576, made: '2026-01-01T00:00:00Z' },
};
const [WEB1] = parseSite({ file: 's', folder: '/site', text: SITE }).clients;
const STATE = stateText({
  format: 'lunsmith-host/1',
  serial: 3,
  channels: {
    stable: {
      release: SHA,
      history: [{ release: SHA, recipe: 'r', at: '2026-01-01T00:00:00Z', by: 'promote' }],
    },
  },
  clients: {
    web1: {
      facts: WEB1 as NonNullable<typeof WEB1>,
      images: { main: { current: GENERATION.id, generations: [GENERATION] } },
    },
  },
});

const LOCK = formatLock({
  format: 'lunsmith-lock/1',
  architecture: 'amd64',
  indexes: [{ archive: 'main', suite: 'bookworm', date: '2026-01-02T03:04:05Z', sha256: SHA }],
  steps: [
    {
      step: 'base',
      request: SHA,
      packages: [
        ...[
          {
            name: 'vim',
            version: '1:2',
            architecture: 'amd64',
            bytes: 7,
            sha256: SHA,
            archive: 'main',
            path: 'p/v',
          },
        ],
      ],
    },
  ],
});

const INDEX_FILES = [{ path: 'disk.img', bytes: 8192, first: 0, of: 'blocks', sum: SHA }] as const;

/** Formats whose readers need a folder; disposing of them removes it. */
export async function allFormats(): Promise<AsyncDisposable & { readonly formats: readonly Format[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-fuzz-'));
  const store = await openStore(join(folder, 'store'));
  await mkdir(store.entry(KEY));
  const recipes = await recipeRig({ 'r/recipe.yaml': RECIPE });
  await saveIndex(join(folder, 'indexes'), SHA, {
    files: INDEX_FILES,
    parts: [{ start: 0, end: 2, digests: new BigUint64Array([1n, 2n]) }],
  });
  const json = (
    name: string,
    right: string,
    read: (words: string) => unknown,
    kind: FailureKind,
  ): Format => ({
    name,
    right: Buffer.from(right),
    read: (bytes) => whole(read(text(bytes)), bytes),
    refuses: [kind],
    placed: true,
  });
  const formats: Format[] = [
    json(
      'manifest',
      canonicalJson(smallManifest({ artifacts: ARTIFACTS, boot: BOOT })),
      (words) => parseManifest(words, 'it'),
      'integrity',
    ),
    json('proof', canonicalJson(PROOF), (words) => parseProof(words, 'it'), 'integrity'),
    json('lock', LOCK, (words) => parseLock(words, 'recipe.lock'), 'recipe'),
    json(
      'table of an index',
      tableText(INDEX_FILES),
      (words) => ({
        format: 'lunsmith-blocks/1',
        files: parseTable(words, 'it'),
      }),
      'integrity',
    ),
    {
      name: 'state of a host',
      right: Buffer.from(STATE),
      read: async (bytes) => {
        const facts = { name: 'san1', root: '/srv/lunsmith' };
        const host = { facts, read: () => Promise.resolve(text(bytes)) } as unknown as TargetHost;
        return whole(await readState(host), bytes);
      },
      refuses: ['integrity'],
      placed: true,
    },
    {
      name: 'record of the store',
      right: Buffer.from(canonicalJson(stepRecord(KEY))),
      read: async (bytes) => {
        await writeFile(join(store.entry(KEY), 'record.json'), bytes);
        const record = await store.find(KEY);
        return record === undefined ? undefined : whole(record, bytes);
      },
      refuses: [],
      placed: false,
    },
    {
      name: 'index of blocks',
      right: Buffer.alloc(64, 1),
      read: async (bytes) => {
        await writeFile(join(folder, 'indexes', SHA, 'blocks'), bytes);
        await loadIndex(join(folder, 'indexes'), SHA);
        return undefined;
      },
      refuses: [],
      placed: false,
    },
    {
      name: 'recipe',
      right: Buffer.from(RECIPE),
      read: async (bytes) => {
        await writeFile(join(recipes.root, 'r/recipe.yaml'), bytes);
        await recipes.plan('r');
        return undefined;
      },
      refuses: ['recipe'],
      placed: false,
    },
    {
      name: 'site',
      right: Buffer.from(SITE),
      read: (bytes) => {
        const { clients } = parseSite({ file: 'lunsmith.yaml', folder: '/site', text: text(bytes) });
        // What becomes part of iSCSI names, paths and URLs is plain, and no client has what another has.
        const names = clients.map(({ name }) => name);
        return { read: names.filter((name) => /^[a-z0-9-]+$/.test(name)), written: [...new Set(names)] };
      },
      refuses: ['usage'],
      placed: true,
    },
    {
      name: 'initramfs',
      right: writeCpio([
        { path: 'etc', type: 'directory', mode: 0o755, uid: 0, gid: 0 },
        { path: 'etc/x', type: 'file', mode: 0o644, uid: 0, gid: 0, content: Buffer.from('text') },
      ]),
      read: (bytes) => {
        const names = readCpio(bytes).map(({ path }: ReadCpioEntry) => path);
        return { read: names.every((name) => typeof name === 'string'), written: true };
      },
      refuses: ['integrity'],
      placed: false,
    },
    {
      name: 'credentials of archives',
      right: Buffer.from('machine mirror.example.org login ci password s3cret\n'),
      read: (bytes) => {
        authorizeBy(text(bytes), 'it')('https://mirror.example.org/debian');
        return undefined;
      },
      refuses: ['recipe'],
      placed: false,
    },
    {
      name: 'sources of apt',
      right: Buffer.from('deb [signed-by=/k.gpg] https://mirror.example.org/debian bookworm main\n'),
      read: (bytes) => {
        const sources = [...parseOneLine(text(bytes)), ...parseDeb822(text(bytes))];
        return { read: /:\/\/[^/\s]*:[^/\s]*@/.test(formatSources(sources)), written: false };
      },
      refuses: [],
      placed: false,
    },
    {
      name: 'signed index',
      right: Buffer.from('Suite: stable\nCodename: bookworm\nDate: Sat, 01 Mar 2025 00:00:00 UTC\n'),
      read: (bytes) => {
        checkIndex(text(bytes), { archive: 'main', uri: 'http://a', suite: 'bookworm' }, 'resolve');
        return undefined;
      },
      refuses: ['signature'],
      placed: false,
    },
  ];
  return {
    formats,
    [Symbol.asyncDispose]: async () => {
      await recipes[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
