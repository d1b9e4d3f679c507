/**
 * The pool of package files, named by their digests and shared by all recipes: `<aa>/<sha256>` where `aa` is how the digest
 * begins. A file has its name only when it is whole; `*.partial` is a download that was cut short, `*.control` what a stage
 * read from the file beside it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { Failure } from '../../base/failure.js';
import type { Authorize } from '../../base/netrc.js';
import type { Ports } from '../../base/ports.js';
import type { ArchiveUrls, LockedPackage, PooledPackage } from '../plan/package-set.js';
import { download } from './download.js';
import { takeLease } from './lease.js';

export interface FillOptions {
  readonly archives: ArchiveUrls;
  /** What archives are told so that they hand out packages; asked when something is lacking. Default: nothing. */
  readonly authorize?: () => Promise<Authorize>;
  /** The pool. */
  readonly folder: string;
  readonly ports: Ports;
  /** Downloads at once; default 6. */
  readonly concurrency?: number;
  /** Task that progress belongs to. */
  readonly task?: string;
  /** Milliseconds before a second attempt; see download.ts. */
  readonly pause?: number;
}

const DOWNLOADS = 6;

/** Path of a package file in the pool. */
export function poolFile(folder: string, sha256: string): string {
  return join(folder, sha256.slice(0, 2), sha256);
}

/**
 * The packages with their files; those that the pool lacks are downloaded and checked. Another process that fills the same
 * pool is waited for.
 * @throws Failure of kind `network`, `integrity`, `space` or `interrupted`; what has come is kept
 */
export async function fillPool(
  packages: readonly LockedPackage[],
  options: FillOptions,
): Promise<PooledPackage[]> {
  const { folder, ports } = options;
  const pooled = packages.map((each) => ({ ...each, file: poolFile(folder, each.sha256) }));
  if ((await lacking(pooled)).length > 0) {
    await mkdir(folder, { recursive: true });
    await using _alone = await takeLease(join(folder, '.lock'), ports);
    // The lock's earlier holder may have fetched them.
    await fetchAll(await lacking(pooled), options);
  }
  // What is used stays longest when the pool has to become smaller.
  const now = new Date();
  await Promise.all(pooled.map(({ file }) => utimes(file, now, now)));
  return pooled;
}

/** Those whose file is not there in full, each file once. */
async function lacking(pooled: readonly PooledPackage[]): Promise<PooledPackage[]> {
  const there = await Promise.all(
    pooled.map(({ file, bytes }) =>
      stat(file).then(
        ({ size }) => size === bytes,
        () => false,
      ),
    ),
  );
  const missing = pooled.filter((_, index) => there[index] !== true);
  return [...new Map(missing.map((each) => [each.sha256, each])).values()];
}

async function fetchAll(missing: readonly PooledPackage[], options: FillOptions): Promise<void> {
  const { ports } = options;
  if (missing.length === 0) return;
  const total = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  const come = new Map<string, number>();
  let done = 0;
  const onBytes = (sha256: string, bytes: number) => {
    done += bytes - (come.get(sha256) ?? 0);
    come.set(sha256, bytes);
    const task = options.task === undefined ? {} : { task: options.task };
    ports.emit({ type: 'progress', ...task, what: 'fetch packages', done, total, unit: 'bytes' });
  };
  const authorize = await options.authorize?.();
  const stop = new AbortController();
  const signal = AbortSignal.any([ports.signal, stop.signal]);
  const queue = new PQueue({ concurrency: options.concurrency ?? DOWNLOADS });
  let first: Failure | undefined;
  /** Hosts that did not answer are asked last from then on. */
  const silent = new Set<string>();
  // Large ones first: none is left to come alone at the end.
  const inOrder = [...missing].sort((a, b) => b.bytes - a.bytes);
  await queue.addAll(
    inOrder.map((each) => async () => {
      if (signal.aborted) return;
      const { name, version, file, bytes, sha256 } = each;
      const pause = options.pause === undefined ? {} : { pause: options.pause };
      try {
        const [place, ...others] = placesOf(each, options.archives, silent).map((url) => {
          const authorization = url.startsWith('file:') ? undefined : authorize?.(url);
          return { url, ...(authorization === undefined ? {} : { authorization }) };
        });
        if (place === undefined) throw nowhere(each);
        await download(
          { ...place, others, name: `${name} ${version}`, file, bytes, sha256 },
          {
            signal,
            onBytes: (come_) => onBytes(sha256, come_),
            onSilence: (url) => silent.add(new URL(url).host),
            ...pause,
          },
        );
      } catch (error) {
        // The first to fail says why; the others only hear that they need not go on.
        first ??= Failure.from(error);
        stop.abort();
      }
    }),
  );
  if (ports.signal.aborted)
    throw new Failure('interrupted', { what: 'Interrupted: could not download packages.' });
  if (first !== undefined) throw first;
}

/** Every part of the path is quoted as apt does it: a `+` or `~` means itself. @param silent hosts to ask last */
function placesOf(
  { archive, path }: LockedPackage,
  archives: ArchiveUrls,
  silent: ReadonlySet<string>,
): string[] {
  const below = path.split('/').map(encodeURIComponent).join('/');
  const urls = (archives[archive] ?? []).map((base) => `${base}/${below}`);
  const isSilent = (url: string) => silent.has(new URL(url).host);
  return [...urls.filter((url) => !isSilent(url)), ...urls.filter(isSilent)];
}

function nowhere({ archive, name }: LockedPackage): Failure {
  return new Failure('recipe', {
    what: `No step names the archive \`${archive}\`, from which ${name} comes.`,
    hint: 'Run `npx lunsmith lock RECIPE --update`.',
  });
}

/** What is wrong in a pool, found by reading every byte. */
export interface PoolProblem {
  /** Absolute path. */
  readonly file: string;
  readonly expected: string;
  readonly found: string;
}

/** Reads all package files. @returns those whose digest is not their name; removing them makes the pool whole again */
export async function verifyPool(folder: string, { signal }: Pick<Ports, 'signal'>): Promise<PoolProblem[]> {
  const problems: PoolProblem[] = [];
  for (const digest of await pooledDigests(folder)) {
    const file = poolFile(folder, digest);
    const found = await packageDigest(file, signal);
    if (found !== digest) problems.push({ file, expected: digest, found });
  }
  return problems;
}

/** Lower-case hex sha256 of a package file. */
export async function packageDigest(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Digests of all package files in a pool, sorted. */
export async function pooledDigests(folder: string): Promise<string[]> {
  const digests: string[] = [];
  for (const part of (await readdir(folder).catch(() => [])).sort()) {
    if (!/^[0-9a-f]{2}$/.test(part)) continue;
    const names = await readdir(join(folder, part));
    digests.push(...names.filter((name) => /^[0-9a-f]{64}$/.test(name)).sort());
  }
  return digests;
}
