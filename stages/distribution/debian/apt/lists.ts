/**
 * Package lists of signed archives, fetched by the host's apt into a folder of their own. apt checks the signatures and
 * how long they are valid, and asks only for what has changed. What it came to is kept under the digests of the signed files,
 * so that one resolution sees the same lists from its first step to its last whatever another process fetches meanwhile.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '../../../../base/replace-file.js';
import type {
  Architecture,
  LockedIndex,
  ResolutionBasis,
  ResolveContext,
} from '../../../../pipeline/stage.js';
import { keepNewest, newestKept, removeLeftBehind } from '../../prune.js';
import { archiveFailure } from './archive-failure.js';
import { aptConfig } from './config.js';
import { checkIndex, indexDate, validUntil } from './release-file.js';
import { followFetch } from './run.js';
import { formatSources, indexFolder, listPrefix, type NamedSource } from './sources.js';

export interface PackageLists {
  /** Folder below the state's, with `sources.list` and `lists/`. */
  readonly folder: string;
  readonly indexes: readonly LockedIndex[];
  /** Where these are, and the keyrings that have signed them. */
  readonly basis: ResolutionBasis;
}

/** Snapshots that are kept for each set of sources: for what another process works with just now. */
const KEPT_SNAPSHOTS = 3;

type Context = Pick<
  ResolveContext<unknown>,
  'run' | 'emit' | 'state' | 'offline' | 'credentials' | 'temporary' | 'locked'
>;

export interface ListWishes {
  readonly architecture: Architecture;
  /** What it is for, as a verb phrase. */
  readonly doing: string;
  /** The moment for which the indexes have to have been valid, in place of now. */
  readonly snapshot?: Date | undefined;
}

/** Fetched, or as they were last fetched where the resolution is offline. @throws Failure of kind `network` or `signature` */
export async function packageLists(
  ctx: Context,
  sources: readonly NamedSource[],
  about: ListWishes,
): Promise<PackageLists> {
  const text = formatSources(sources);
  const name = sha256(`${about.architecture}\n${text}`).slice(0, 16);
  const folder = join(ctx.state, 'lists', name);
  if (ctx.offline === true) {
    const kept = join('lists', name, 'kept', await newestKept(join(folder, 'kept')));
    return { folder: kept, ...(await readIndexes(join(ctx.state, kept, 'lists'), sources, {}, about)) };
  }
  const lists = join(folder, 'lists');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(folder, 'archives', 'partial'), { recursive: true });
  await replaceFile(join(folder, 'sources.list'), text);
  await replaceFile(join(folder, 'status'), '');
  await using login = await openLogin(ctx);
  const config = aptConfig({
    architecture: about.architecture,
    sources: join(folder, 'sources.list'),
    lists,
    status: join(folder, 'status'),
    work: folder,
    cache: '',
    ...(login.file === undefined ? {} : { credentials: login.file }),
    snapshot: about.snapshot !== undefined,
  });
  const configFile = join(folder, `apt-${randomUUID()}.conf`);
  await writeFile(configFile, config);
  // Another process may be at it as well: apt would fail at once.
  const alone = ['flock', join(folder, 'lock')] as const;
  try {
    await ctx.run([...alone, 'apt-get', 'update', '--error-on=any'], {
      doing: about.doing,
      env: { APT_CONFIG: configFile },
      onLine: followFetch(ctx),
    });
  } catch (error) {
    throw archiveFailure(error, {
      doing: about.doing,
      archives: sources.map(({ uri, signedBy }) => ({ uri, keyring: signedBy })),
    });
  } finally {
    await rm(configFile, { force: true });
  }
  await removeLeftBehind(folder, 'new-');
  const snapshot = join(folder, `new-${randomUUID()}`);
  await mkdir(snapshot);
  // Hard links: apt replaces lists, it never writes into one.
  await ctx.run([...alone, 'cp', '--archive', '--link', lists, join(snapshot, 'lists')], {
    doing: 'keep the package lists',
    quiet: true,
  });
  const { indexes, basis } = await readIndexes(join(snapshot, 'lists'), sources, ctx, about).catch(
    async (error: unknown) => {
      await rm(snapshot, { recursive: true, force: true });
      throw error;
    },
  );
  const digest = sha256(indexes.map((index) => index.sha256).join('\n')).slice(0, 16);
  await settle(snapshot, folder, digest, text);
  return { folder: join('lists', name, 'kept', digest), indexes, basis };
}

/** Gives the snapshot its name, unless an equal one has it, and lets old ones go. */
async function settle(snapshot: string, folder: string, digest: string, sources: string): Promise<void> {
  const kept = join(folder, 'kept');
  await mkdir(kept, { recursive: true });
  await writeFile(join(snapshot, 'sources.list'), sources);
  const final = join(kept, digest);
  const there = await rename(snapshot, final).then(
    () => false,
    (error: unknown) => {
      if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return true;
      throw error;
    },
  );
  if (there) await rm(snapshot, { recursive: true, force: true });
  const now = new Date();
  await utimes(final, now, now);
  await keepNewest(kept, KEPT_SNAPSHOTS);
}

/** The signed files of the sources, in their order, each looked at. @throws Failure of kind `signature` */
async function readIndexes(
  lists: string,
  sources: readonly NamedSource[],
  { locked = [] }: Pick<Context, 'locked'>,
  { doing, snapshot }: ListWishes,
): Promise<Pick<PackageLists, 'indexes' | 'basis'>> {
  const keyrings = [...new Set(sources.map(({ signedBy }) => signedBy))];
  const found = await Promise.all(
    sources.map(async ({ archive, uri, suite }) => {
      const begin = join(lists, listPrefix({ uri, suite }));
      const [name, bytes] = await readFile(`${begin}InRelease`).then(
        (content) => ['InRelease', content] as const,
        async () => ['Release', await readFile(`${begin}Release`)] as const,
      );
      const text = bytes.toString('utf8');
      const before = locked.find((each) => each.archive === archive && each.suite === suite);
      const asked = {
        ...{ archive, uri, suite },
        ...(snapshot === undefined ? {} : { snapshot }),
        ...(before === undefined ? {} : { before }),
      };
      checkIndex(text, asked, doing);
      const digest = sha256(bytes);
      // What is built as of another time does not cease to be valid.
      const until = snapshot === undefined ? validUntil(text) : undefined;
      return {
        index: { archive, suite, date: indexDate(text), sha256: digest },
        basis: {
          url: `${indexFolder({ uri, suite })}${name}`,
          sha256: digest,
          ...(until === undefined ? {} : { until }),
        },
      };
    }),
  );
  return {
    indexes: found.map(({ index }) => index),
    basis: {
      files: await Promise.all(
        keyrings.map(async (path) => ({ path, sha256: sha256(await readFile(path)) })),
      ),
      indexes: found.map(({ basis }) => basis),
    },
  };
}

/** A file with what the archives ask for, which goes when apt has ended. */
async function openLogin({
  credentials,
  temporary = tmpdir(),
}: Pick<Context, 'credentials' | 'temporary'>): Promise<AsyncDisposable & { readonly file?: string }> {
  if (credentials === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const folder = await mkdtemp(join(temporary, 'apt-auth-'));
  const file = join(folder, 'auth.conf');
  await writeFile(file, `${credentials}\n`, { mode: 0o600 });
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
