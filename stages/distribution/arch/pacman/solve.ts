/**
 * Which packages a request comes to: pacman's own solution against the databases, with a local database that says what the
 * steps before brought. Nothing is downloaded.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockedPackage, Resolution, ResolveContext } from '../../../../pipeline/stage.js';
import { removeLeftBehind } from '../../prune.js';
import { pacmanArgv, pacmanConfig } from './config.js';
import { type RepositoryPackage, readDatabases } from './databases.js';
import { formatDescription, targetOf, valueOf } from './desc.js';
import { type Known, knownPackages } from './known.js';
import { type Asked, explainRequest, requireHarmony, requireKnown } from './refusal.js';
import type { PacmanWorld } from './world.js';

type Context = Pick<ResolveContext<unknown>, 'run' | 'state'>;

/** The format of a local database, by the file that says it. */
const LOCAL_FORMAT = '9\n';
/** Fields of a repository's description that a local one has too. */
const LOCAL_FIELDS = ['NAME', 'VERSION', 'ARCH', 'GROUPS', 'REPLACES', 'DEPENDS', 'CONFLICTS', 'PROVIDES'];

/** @throws Failure of kind `recipe` for what no repository has or packages that exclude each other */
export async function resolveWorld(ctx: Context, world: PacmanWorld, request: Asked): Promise<Resolution> {
  const known = knownPackages(await readDatabases(ctx, world.databases));
  requireKnown(request, known, world.installed);
  await removeLeftBehind(ctx.state, 'pacman-solve-');
  const folder = await mkdtemp(join(ctx.state, 'pacman-solve-'));
  try {
    const removed = await removals(ctx, folder, world, known, request);
    const installed = world.installed.filter((name) => !removed.includes(name));
    const chosen = await additions(ctx, folder, { ...world, installed }, known, request);
    requireHarmony(
      chosen,
      installed.flatMap((name) => known.byName.get(name) ?? []),
    );
    const packages = chosen.map(lockedPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
    const names = packages.map(({ name }) => name);
    return {
      packages,
      indexes: [],
      reasons: reasonsFor(chosen, request.install, known),
      carry: { ...world, installed: [...new Set([...installed, ...names])].sort() } satisfies PacmanWorld,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function additions(
  ctx: Context,
  folder: string,
  world: PacmanWorld,
  known: Known,
  asked: Asked,
): Promise<RepositoryPackage[]> {
  const { install } = asked;
  if (install.length === 0) return [];
  const ask = await openPacman(ctx, join(folder, 'install'), world, known, asked);
  const lines = await ask('--sync', '--needed', '--print', '--print-format', '%r %n', '--', ...install);
  return lines.flatMap((line) => {
    const [, repository, name] = /^(\S+) (\S+)$/.exec(line) ?? [];
    return known.packages.find((each) => each.repository === repository && each.name === name) ?? [];
  });
}

async function removals(
  ctx: Context,
  folder: string,
  world: PacmanWorld,
  known: Known,
  asked: Asked,
): Promise<string[]> {
  const { remove } = asked;
  if (remove.length === 0) return [];
  const ask = await openPacman(ctx, join(folder, 'remove'), world, known, asked);
  return ask('--remove', '--print', '--print-format', '%n', '--', ...remove);
}

/** @returns a question to pacman, with what is installed as its local database @throws Failure of kind `recipe` */
async function openPacman(
  ctx: Context,
  folder: string,
  { databases, repositories, keys, installed }: PacmanWorld,
  known: Known,
  asked: Asked,
): Promise<(...operation: string[]) => Promise<string[]>> {
  const database = join(folder, 'database');
  await mkdir(join(database, 'local'), { recursive: true });
  await writeFile(join(database, 'local', 'ALPM_DB_VERSION'), LOCAL_FORMAT);
  for (const name of installed) {
    const found = known.byName.get(name);
    if (found === undefined) continue;
    const own = join(database, 'local', `${name}-${found.version}`);
    await mkdir(own);
    const fields = LOCAL_FIELDS.map((field) => [field, found.description.get(field) ?? []] as const);
    await writeFile(join(own, 'desc'), formatDescription([...fields, ['SIZE', ['1']]]));
    await writeFile(join(own, 'files'), '');
  }
  await symlink(join(ctx.state, databases.folder), join(database, 'sync'));
  const config = join(folder, 'pacman.conf');
  // Their signatures were checked when they came.
  const checked = repositories.map((each) => ({ ...each, databaseSignature: 'optional' as const }));
  await writeFile(
    config,
    pacmanConfig({ root: folder, database, keys, work: folder, repositories: checked }),
  );
  return async (...operation) => {
    const said: string[] = [];
    try {
      const { stdout } = await ctx.run(pacmanArgv(config, ...operation), {
        doing: 'resolve the packages',
        quiet: true,
        onLine: (line) => void said.push(line),
      });
      return stdout.split('\n').filter((line) => line !== '');
    } catch (error) {
      return explainRequest(error, said, known, asked);
    }
  };
}

function lockedPackage({
  repository,
  name,
  version,
  architecture,
  description,
}: RepositoryPackage): LockedPackage {
  const value = (field: string) => valueOf(description, field) ?? '';
  const signature = value('PGPSIG');
  return {
    name,
    version,
    architecture,
    archive: repository,
    ...(signature === '' ? {} : { index: { signature } }),
    bytes: Number(value('CSIZE')),
    sha256: value('SHA256SUM'),
    path: value('FILENAME'),
  };
}

/** Why each is there: `dependency of X`, by the shortest way from what was asked for. */
function reasonsFor(
  chosen: readonly RepositoryPackage[],
  asked: readonly string[],
  { byName }: Known,
): Record<string, string> {
  const providers = new Map<string, string>();
  for (const { name, description } of chosen)
    for (const each of [name, ...(description.get('PROVIDES') ?? [])]) providers.set(targetOf(each), name);
  const wanted = new Set(asked.map(targetOf));
  const roots = chosen.filter(
    ({ name, groups }) => wanted.has(name) || groups.some((each) => wanted.has(each)),
  );
  const seen = new Set(roots.map(({ name }) => name));
  const reasons: Record<string, string> = {};
  let now = [...seen];
  while (now.length > 0) {
    const next: string[] = [];
    for (const name of now) {
      for (const relation of byName.get(name)?.description.get('DEPENDS') ?? []) {
        const dependency = providers.get(targetOf(relation));
        if (dependency === undefined || seen.has(dependency)) continue;
        seen.add(dependency);
        reasons[dependency] = `dependency of ${name}`;
        next.push(dependency);
      }
    }
    now = next;
  }
  return reasons;
}
