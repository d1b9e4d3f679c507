/**
 * Which packages a request comes to: apt's own solution against the lists, with a status file that says what the steps
 * before brought. Nothing is downloaded. A solution is kept, since the same question has the same answer.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Argv } from '../../../../base/ports.js';
import { replaceFile } from '../../../../base/replace-file.js';
import { checkRecord } from '../../../../base/schema/record.js';
import { type LockedPackage, lockedPackageSchema, type ResolveContext } from '../../../../pipeline/stage.js';
import { packageKey } from '../../expected.js';
import { keepNewest } from '../../prune.js';
import { describeChosen } from './describe.js';
import { keepStanzas } from './kept-stanzas.js';
import { sha256 } from './lists.js';
import { openPrivateApt } from './private-apt.js';
import { explainRequest, unmet } from './refusal.js';
import { type Chosen, parseRemovals, parseUris } from './solution.js';
import { type AptWorld, statusText } from './world.js';

export interface PackageRequest {
  /** Names and patterns as apt-get(8) takes them. */
  readonly install: readonly string[];
  readonly remove: readonly string[];
  readonly recommends: boolean;
}

export interface Solution {
  /** Sorted by name, then architecture. */
  readonly packages: readonly LockedPackage[];
  /** The stanzas of `packages`, in their order. */
  readonly stanzas: readonly string[];
  /** Names of the packages that go. */
  readonly removed: readonly string[];
}

const solutionSchema = z
  .strictObject({
    packages: z.array(lockedPackageSchema),
    stanzas: z.array(z.string()),
    removed: z.array(z.string()),
  })
  // With `exactOptionalPropertyTypes` an absent `index` is not an undefined one; JSON has no undefined.
  .transform((solution) => solution as Solution);

type Context = Pick<ResolveContext<unknown>, 'run' | 'state' | 'recipe'>;

/** Solutions that are kept: some for each of many recipes. */
const KEPT_SOLUTIONS = 100;

/** @throws Failure of kind `recipe` for what the archive does not have or packages that exclude each other */
export async function solve(ctx: Context, world: AptWorld, request: PackageRequest): Promise<Solution> {
  const { architecture } = ctx.recipe;
  const question = {
    architecture,
    request,
    lists: world.lists.folder,
    status: statusText(world),
    prefer: world.prefer,
    pins: world.pins,
  };
  const answer = join(ctx.state, 'solutions', `${sha256(JSON.stringify(question))}.json`);
  // A solution that cannot be read is asked for again.
  const kept = await readFile(answer, 'utf8').catch(() => '');
  const known = checkRecord(kept, solutionSchema, answer);
  if ('value' in known) return known.value;
  const solution = await ask(ctx, world, request);
  const folder = join(ctx.state, 'solutions');
  await mkdir(folder, { recursive: true });
  await replaceFile(answer, JSON.stringify(solution));
  await keepNewest(folder, KEPT_SOLUTIONS);
  return solution;
}

/**
 * Pins keep the versions of an earlier lock, and apt knows no other version beside a pinned one. So where the pins stand in
 * the way of the request, those that apt complains of go, one round after the other, and in the end all of them.
 */
async function ask(ctx: Context, world: AptWorld, request: PackageRequest): Promise<Solution> {
  let { prefer } = world;
  for (;;) {
    const found = await askOnce(ctx, world, request, prefer);
    if ('packages' in found) return found;
    const fewer = prefer.filter(({ name }) => !found.contested.includes(name));
    if (prefer.length === 0) throw found.failure;
    prefer = fewer.length < prefer.length ? fewer : [];
  }
}

interface Refusal {
  readonly failure: unknown;
  /** Names of packages that apt complains of. */
  readonly contested: readonly string[];
}

async function askOnce(
  ctx: Context,
  world: AptWorld,
  request: PackageRequest,
  prefer: readonly LockedPackage[],
): Promise<Solution | Refusal> {
  await using apt = await openPrivateApt(ctx, world, prefer);
  const said: string[] = [];
  const query = async (argv: Argv, doing: string) => {
    const onLine = (line: string) => void said.push(line);
    return (await ctx.run(argv, { doing, env: apt.env, quiet: true, onLine })).stdout;
  };
  const install = (mode: string) => query(installQuery(mode, request, apt.options), 'resolve the packages');
  let chosen: Chosen[];
  try {
    chosen = parseUris(await install('--print-uris'));
  } catch (error) {
    const refusal = unmet(said);
    const failure = await explainRequest(error, [...said], () => knownPackages(ctx, world));
    return { failure, contested: refusal.flatMap(namesIn) };
  }
  const removed = request.remove.length === 0 ? [] : parseRemovals(await install('--simulate'));
  const packages = await describeChosen(chosen, apt.preferred, world, query);
  const sorted = packages.sort((a, b) => (packageKey(a.locked) < packageKey(b.locked) ? -1 : 1));
  await keepStanzas(ctx.state, sorted);
  return {
    packages: sorted.map(({ locked }) => locked),
    stanzas: sorted.map(({ stanza }) => stanza),
    removed: [...new Set(removed)].sort(),
  };
}

/** Every word of a complaint that may be a package's name. */
function namesIn(complaint: string): string[] {
  return complaint.split(/[\s:,|()]+/).filter((word) => /^[a-z0-9][a-z0-9+.-]+$/.test(word));
}

/** Names of all packages that the archive has. */
export async function knownPackages(ctx: Context, world: AptWorld): Promise<string[]> {
  await using apt = await openPrivateApt(ctx, world, []);
  const { stdout } = await ctx.run(['apt-cache', 'pkgnames'], {
    doing: 'list the known packages',
    env: apt.env,
    quiet: true,
  });
  return stdout.split('\n').filter((name) => name !== '');
}

/** Pure: the question to apt. */
export function installQuery(mode: string, request: PackageRequest, options: readonly string[]): Argv {
  return [
    'apt-get',
    ...options,
    '--quiet',
    '--yes',
    mode,
    request.recommends ? '--install-recommends' : '--no-install-recommends',
    ...(request.remove.length === 0 ? ['--no-remove'] : []),
    'install',
    '--',
    ...request.install,
    ...request.remove.map((name) => `${name}-`),
  ];
}
