/**
 * Databases of repositories, fetched by the host's pacman, which checks their signatures, into a folder of their own. What it
 * came to is kept under the digests of the files, so that one resolution sees the same packages from its first step to its
 * last whatever another process fetches meanwhile.
 */
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../../base/failure.js';
import type { LockedIndex, ResolveContext } from '../../../../pipeline/stage.js';
import { keepNewest, newestKept, removeLeftBehind, touch } from '../../prune.js';
import { commonArchitecture } from './architecture.js';
import { pacmanArgv, pacmanConfig, type Repository } from './config.js';
import { type Description, parseDescriptions, valueOf } from './desc.js';
import { repositoryFailure } from './repository-failure.js';

export interface Databases {
  /** Folder below the state's, with `NAME.db` of each repository. */
  readonly folder: string;
  readonly indexes: readonly LockedIndex[];
}

export interface RepositoryPackage {
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  /** In lunsmith's words. */
  readonly architecture: string;
  readonly groups: readonly string[];
  readonly description: Description;
}

/** Snapshots that are kept for each set of repositories: for what another process works with just now. */
const KEPT_SNAPSHOTS = 3;

type Context = Pick<ResolveContext<unknown>, 'run' | 'state' | 'offline'>;

export interface FetchAbout {
  readonly repositories: readonly Repository[];
  /** GnuPG's folder, an absolute path. */
  readonly keys: string;
  /** Path of the keyring, for messages. */
  readonly keyring: string;
}

/** Fetched, or as they were last fetched where the resolution is offline. @throws Failure of kind `network`, `signature` or `integrity` */
export async function packageDatabases(ctx: Context, about: FetchAbout): Promise<Databases> {
  const { repositories, keys } = about;
  const name = digestOf(JSON.stringify({ repositories, keys })).slice(0, 16);
  const folder = join(ctx.state, 'pacman', name);
  if (ctx.offline === true) {
    const kept = join('pacman', name, 'kept', await newestKept(join(folder, 'kept')));
    return { folder: kept, indexes: await describeIndexes(ctx, join(ctx.state, kept), repositories) };
  }
  const database = join(folder, 'database');
  await mkdir(join(database, 'sync'), { recursive: true });
  await removeLeftBehind(folder, 'new-');
  const config = join(folder, `pacman-${randomUUID()}.conf`);
  await writeFile(config, pacmanConfig({ root: folder, database, keys, work: folder, repositories }));
  const snapshot = join(folder, `new-${randomUUID()}`);
  try {
    // Another process may be at it as well: pacman would fail at once, and so it does after a crash, by its own lock.
    const alone = ['flock', join(folder, 'lock'), 'sh', '-euc', 'rm -f "$1"; shift; "$@"', 'sh'] as const;
    const refresh = (...flags: string[]) =>
      ctx.run([...alone, join(database, 'db.lck'), ...pacmanArgv(config, '--sync', ...flags)], {
        doing: 'fetch the package databases',
      });
    await refresh('--refresh').catch(async (error: unknown) => {
      const lines = error instanceof Failure ? (error.command?.lastLines ?? []) : [];
      if (!lines.some((line) => line.includes('database (PGP signature)'))) throw error;
      // A database and its signature that do not belong together: the mirror changed between the two, or one of them is that
      // of last time, since pacman asks for what is newer, in whole seconds. Given twice, `--refresh` fetches both anew (pacman(8)).
      await refresh('--refresh', '--refresh');
    });
    await mkdir(snapshot);
    for (const each of repositories)
      await copyFile(join(database, 'sync', `${each.name}.db`), join(snapshot, `${each.name}.db`));
    const indexes = await describeIndexes(ctx, snapshot, repositories);
    const digest = digestOf(indexes.map(({ sha256 }) => sha256).join('\n')).slice(0, 16);
    const kept = join(folder, 'kept');
    await mkdir(kept, { recursive: true });
    await rename(snapshot, join(kept, digest)).catch((error: unknown) => {
      // Kept by an earlier resolution.
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    });
    await touch(join(kept, digest));
    await keepNewest(kept, KEPT_SNAPSHOTS);
    return { folder: join('pacman', name, 'kept', digest), indexes };
  } catch (error) {
    throw repositoryFailure(error, { ...about, doing: 'fetch the package databases' });
  } finally {
    await rm(snapshot, { recursive: true, force: true });
    await rm(config, { force: true });
  }
}

function describeIndexes(
  ctx: Context,
  folder: string,
  repositories: readonly Repository[],
): Promise<LockedIndex[]> {
  return Promise.all(repositories.map(({ name }) => describeIndex(ctx, folder, name)));
}

async function describeIndex(ctx: Context, folder: string, repository: string): Promise<LockedIndex> {
  const sha256 = digestOf(await readFile(join(folder, `${repository}.db`)));
  const packages = await readDatabase(ctx, folder, repository);
  // A database has no date of its own: that of its newest package stands for it.
  const dates = packages.map(({ description }) => Number(valueOf(description, 'BUILDDATE') ?? 0));
  const newest = new Date(Math.max(0, ...dates) * 1000);
  return { archive: repository, suite: repository, date: newest.toISOString().replace('.000Z', 'Z'), sha256 };
}

/** All packages of the databases, those of the first repository first. */
export async function readDatabases(
  ctx: Context,
  { folder, indexes }: Databases,
): Promise<RepositoryPackage[]> {
  const all = await Promise.all(
    indexes.map(({ archive }) => readDatabase(ctx, join(ctx.state, folder), archive)),
  );
  return all.flat();
}

async function readDatabase(
  { run }: Pick<Context, 'run'>,
  folder: string,
  repository: string,
): Promise<RepositoryPackage[]> {
  const file = join(folder, `${repository}.db`);
  const { stdout } = await run(['tar', '--extract', '--to-stdout', '--file', file], {
    doing: `read the database ${repository}`,
    quiet: true,
  }).catch((error: unknown) => {
    throw damaged(repository, error);
  });
  return packagesOf(repository, stdout);
}

/** As alpm names them; a database need not be signed, and its words become paths and parts of URLs. */
const FILENAME = /^[A-Za-z0-9@_+][A-Za-z0-9@._+:~-]*$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** @param text the descriptions of a database @throws Failure of kind `integrity` for one that no repository would have */
export function packagesOf(repository: string, text: string): RepositoryPackage[] {
  return parseDescriptions(text).map((description) => {
    const value = (field: string) => valueOf(description, field) ?? '';
    for (const [field, pattern, expected] of [
      ['FILENAME', FILENAME, 'the name of a file, without a folder'],
      ['NAME', FILENAME, 'the name of a package'],
      ['SHA256SUM', SHA256, '64 hexadecimal digits'],
    ] as const) {
      if (pattern.test(value(field))) continue;
      throw new Failure('integrity', {
        what: `The database ${repository} describes a package as no repository does: its %${field}%.`,
        expected,
        found: value(field) === '' ? 'nothing' : value(field).slice(0, 200),
        hint: 'Choose another mirror with `--mirror URL`; where databases are signed, leave `database-signature` at `required`.',
      });
    }
    return {
      repository,
      name: value('NAME'),
      version: value('VERSION'),
      architecture: commonArchitecture(valueOf(description, 'ARCH') ?? 'any'),
      groups: description.get('GROUPS') ?? [],
      description,
    };
  });
}

/** Only a database without a signature comes as far as this, for pacman looks at no more of it. */
function damaged(repository: string, cause: unknown): Failure {
  const error = Failure.from(cause);
  if (error.kind !== 'tool') return error;
  const diagnostic = {
    what: `The database ${repository} is cut short or damaged.`,
    found: error.command?.lastLines[0] ?? error.diagnostics[0].what,
    hint: 'Try again, or choose another mirror with `--mirror URL`.',
  };
  const command = error.command === undefined ? {} : { command: error.command };
  return new Failure('integrity', diagnostic, { cause: error, ...command });
}

function digestOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
