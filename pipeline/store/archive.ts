/**
 * A store in a form that any archiver keeps, for the cache of a CI system or a backup: layers as tar files, which hold
 * owners, times, extended attributes, the marks of overlayfs and hard links, and package files as they are. Images stay out:
 * they are sparse, which archivers forget, and made again from their layers in seconds.
 *
 * ```
 * <folder>/layers/<key>.tar.zst   record.json and tree/ of an entry
 * <folder>/pool/<aa>/<sha256>     package files
 * <folder>/salt                   key of the HMACs that stand for secrets, mode 0600
 * ```
 */
import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { removeTree } from '../../base/remove-tree.js';
import { partialOf, replaceFile } from '../../base/replace-file.js';
import { runTask } from '../../base/task.js';
import type { ArchiveReport, ArchiveRequest } from './archive-report.js';
import { entryDamage } from './damage.js';
import { takeLease } from './lease.js';
import { packageDigest, pooledDigests, poolFile } from './pool.js';
import { bootId, openStore, readRecord, type Store } from './store.js';
import { useStore } from './temporary-roots.js';
import { TAR_STREAM } from './tree-digest.js';

const TASKS = [
  { id: 'layers', title: 'layers' },
  { id: 'packages', title: 'package files' },
];
const SUFFIX = '.tar.zst';
const ZSTD = '--use-compress-program=zstd -T0 -3 -q';

/**
 * Writes what the folder lacks, or holds cut short, and removes what the store no longer has: writing it again after a build writes what is new.
 * Runs in the sandbox, where owners are seen as they were written.
 */
export async function exportStore(
  { store: path, folder }: ArchiveRequest,
  ports: Ports,
): Promise<ArchiveReport> {
  const store = await openStore(path);
  ports.emit({ type: 'started', work: 'export', subject: path, tasks: TASKS });
  const keys = await layersOf(store);
  const packages = await pooledDigests(store.pool);
  await using _use = await useStore(
    store,
    `export-${randomBytes(4).toString('hex')}`,
    { keys, packages },
    ports,
  );
  await Promise.all(['layers', 'pool'].map((name) => mkdir(join(folder, name), { recursive: true })));
  const layers = await runTask(ports.emit, 'layers', () => packLayers(store, keys, folder, ports));
  const files = await runTask(ports.emit, 'packages', () =>
    copyPool(packages, store.pool, join(folder, 'pool'), ports.signal),
  );
  await removeOthers(join(folder, 'layers'), new Set(keys.map((key) => `${key}${SUFFIX}`)));
  for (const digest of await pooledDigests(join(folder, 'pool')))
    if (!packages.includes(digest)) await rm(poolFile(join(folder, 'pool'), digest), { force: true });
  await replaceFile(join(folder, 'salt'), await store.salt(), { mode: 0o600 });
  return { folder, layers, packages: files, refused: [] };
}

/**
 * Takes what the store lacks. What was cut short or changed on the way is left out, and named in the report.
 * @throws Failure of kind `usage` when the folder is no export
 */
export async function importStore(
  { store: path, folder }: ArchiveRequest,
  ports: Ports,
): Promise<ArchiveReport> {
  const names = await readdir(join(folder, 'layers')).catch(() => undefined);
  if (names === undefined)
    throw new Failure('usage', {
      what: `${folder} holds no exported cache.`,
      expected: 'a folder that `npx lunsmith cache export` wrote, with `layers` in it',
    });
  await takeSalt(path, folder);
  const store = await openStore(path);
  ports.emit({ type: 'started', work: 'import', subject: folder, tasks: TASKS });
  const refused: string[] = [];
  const layers = await runTask(ports.emit, 'layers', async () => {
    const files = names.filter((name) => /^[0-9a-f]{64}\.tar\.zst$/.test(name)).sort();
    const taken = { count: 0, bytes: 0 };
    for (const [index, name] of files.entries()) {
      ports.emit({
        type: 'progress',
        task: 'layers',
        what: 'unpack',
        done: index,
        total: files.length,
        unit: 'files',
      });
      const problem = await unpackLayer(store, join(folder, 'layers', name), taken, ports);
      if (problem !== undefined) refused.push(`layers/${name}: ${problem}`);
    }
    return taken;
  });
  const packages = await runTask(ports.emit, 'packages', () =>
    takePool(join(folder, 'pool'), store.pool, refused, ports.signal),
  );
  return { folder, layers, packages, refused };
}

async function layersOf(store: Store): Promise<string[]> {
  const keys = (await store.keys()).sort();
  const records = await Promise.all(keys.map((key) => store.find(key)));
  return keys.filter((_, index) => records[index]?.kind === 'layer');
}

interface Amount {
  count: number;
  bytes: number;
}

async function packLayers(
  store: Store,
  keys: readonly string[],
  folder: string,
  ports: Ports,
): Promise<Amount> {
  const packed = { count: 0, bytes: 0 };
  for (const [index, key] of keys.entries()) {
    ports.emit({
      type: 'progress',
      task: 'layers',
      what: 'pack',
      done: index,
      total: keys.length,
      unit: 'files',
    });
    const file = join(folder, 'layers', `${key}${SUFFIX}`);
    if (!(await isWhole(file, ports))) {
      const partial = partialOf(file);
      const argv = ['tar', '--create', ...TAR_STREAM, '--sparse', ZSTD, `--file=${partial}`] as const;
      try {
        await ports.run([...argv, `--directory=${store.entry(key)}`, 'record.json', 'tree'], {
          doing: 'pack a layer',
          quiet: true,
        });
        await rename(partial, file);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    }
    packed.count++;
    packed.bytes += (await stat(file)).size;
  }
  return packed;
}

/** Whether a layer was packed before and not cut short since: it may have gone through an archiver. */
async function isWhole(file: string, { run }: Ports): Promise<boolean> {
  if (!(await exists(file))) return false;
  const argv = ['zstd', '--test', '--quiet', '--', file] as const;
  const { exitCode } = await run(argv, { doing: 'check a packed layer', quiet: true, okExitCodes: [0, 1] });
  return exitCode === 0;
}

/** @returns why it was not taken @throws Failure of another kind than what a damaged archive gives: a full disk */
async function unpackLayer(
  store: Store,
  file: string,
  taken: Amount,
  ports: Ports,
): Promise<string | undefined> {
  const key = basename(file, SUFFIX);
  await using _lease = await takeLease(join(store.path, 'locks', key), ports);
  if ((await store.find(key)) !== undefined) return undefined;
  // What lies in the trash is removed by the next garbage collection, should this be killed.
  const folder = join(store.path, 'trash', `import-${key}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder);
    const argv = [
      'tar',
      '--extract',
      '--xattrs',
      '--xattrs-include=*',
      '--numeric-owner',
      '--preserve-permissions',
    ] as const;
    await ports.run([...argv, ZSTD, `--file=${file}`, `--directory=${folder}`], {
      doing: 'unpack a layer',
      quiet: true,
    });
    const record = await readRecord(folder);
    if (record?.key !== key || record.kind !== 'layer')
      return 'its record is of another version, or not whole';
    const problem = await entryDamage(folder, record, ports, { contents: true });
    if (problem !== undefined) return problem;
    await rm(join(folder, 'record.json'));
    await store.place(folder, key);
    await store.complete({ ...record, boot: await bootId() });
    taken.count++;
    taken.bytes += (await stat(file)).size;
    return undefined;
  } catch (error) {
    const { kind, command, message } = Failure.from(error);
    if (ports.signal.aborted || kind !== 'tool') throw error;
    return command?.lastLines.at(-1) ?? message;
  } finally {
    await removeTree(folder);
  }
}

async function copyPool(
  digests: readonly string[],
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<Amount> {
  const copied = { count: 0, bytes: 0 };
  for (const digest of digests) {
    const file = poolFile(to, digest);
    if (!(await exists(file)) || (await packageDigest(file, signal)) !== digest)
      await place(poolFile(from, digest), file);
    copied.count++;
    copied.bytes += (await stat(file)).size;
  }
  return copied;
}

async function takePool(from: string, to: string, refused: string[], signal: AbortSignal): Promise<Amount> {
  const taken = { count: 0, bytes: 0 };
  for (const digest of await pooledDigests(from)) {
    const file = poolFile(to, digest);
    if (await exists(file)) continue;
    const source = poolFile(from, digest);
    if ((await packageDigest(source, signal)) !== digest) {
      refused.push(`pool/${digest.slice(0, 2)}/${digest}: its bytes have another digest`);
      continue;
    }
    await place(source, file);
    taken.count++;
    taken.bytes += (await stat(file)).size;
  }
  return taken;
}

/** A further link where it can be one; the file has its name only when it is whole. */
async function place(source: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = partialOf(file);
  try {
    await link(source, partial).catch(() => copyFile(source, partial));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Keys of steps with secrets follow from it: a store of its own keeps it, a new one goes on with that of the export. */
async function takeSalt(store: string, folder: string): Promise<void> {
  const file = join(store, 'salt');
  if ((await exists(file)) || !(await exists(join(folder, 'salt')))) return;
  await mkdir(store, { recursive: true });
  await replaceFile(file, await readFile(join(folder, 'salt')), { mode: 0o600 });
}

async function removeOthers(folder: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder))
    if (!wanted.has(name)) await rm(join(folder, name), { force: true });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
