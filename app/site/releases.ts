/** Releases of a target host: listed with what needs them, and removed when nothing does. */
import type { Manifest } from '../../artifacts/release/manifest.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { stopwatch } from '../../base/task.js';
import { readState } from '../../hosts/apply.js';
import { manifestsThere } from '../../hosts/publish/releases-there.js';
import { type ReleaseNeeds, releaseNeeds, removeReleases, toBeRemoved } from '../../hosts/releases.js';
import type { Caller } from '../caller.js';
import { asTask, type ChangeOptions, type HostOptions, lockFor, TASK } from './change.js';
import { connect, hostNamed, openSite } from './open.js';
import { chooseRelease, nameOf, type ReleaseOnHost, releasesOnHost } from './release-name.js';

export interface ReleaseRow {
  readonly digest: string;
  readonly recipe: string;
  /** Its place in the order of publications, see publications.ts; absent where none was kept. */
  readonly serial?: number;
  /** Bytes of its files; an image counts with its holes. */
  readonly bytes: number;
  /** What needs it, in words: it cannot be removed. */
  readonly needed: readonly string[];
}

/** The release that was published last is the first. */
export async function listReleases(
  caller: Omit<Caller, 'emit'>,
  options: HostOptions,
): Promise<readonly ReleaseRow[]> {
  const ports = createPorts({ emit: () => undefined, signal: caller.signal });
  const facts = hostNamed(await openSite(caller, options), options.on);
  await using open = await connect(caller, facts, ports);
  const releases = await releasesOnHost(open.host);
  const needs = releaseNeeds(await readState(open.host));
  const manifests = await manifestsThere(
    open.host,
    releases.map(({ digest }) => digest),
  );
  return releases.map(({ serial, ...release }) => ({
    ...release,
    ...(serial === undefined ? {} : { serial }),
    bytes: bytesOf(manifests.get(release.digest)),
    needed: needs.get(release.digest) ?? [],
  }));
}

function bytesOf(manifest: Manifest | undefined): number {
  return (manifest?.artifacts ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
}

type RemoveOptions = ChangeOptions & HostOptions;

/** Removes those that are named: `RECIPE@DIGEST` or `DIGEST`. */
export function removeNamed(caller: Caller, names: readonly string[], options: RemoveOptions): Promise<void> {
  return remove(caller, options, (all, needs, host) =>
    names.map((name) => {
      const { digest, why } = chooseRelease(all, name, host);
      if (why !== undefined) throw notExact(all, name);
      const [need, ...more] = needs.get(digest) ?? [];
      if (need !== undefined) throw needed(name, host, [need, ...more]);
      return digest;
    }),
  );
}

/** Removes what nothing needs but the releases of each recipe that were published last. @param keep how many of these */
export function prune(caller: Caller, keep: number, options: RemoveOptions): Promise<void> {
  return remove(caller, options, (all, needs) => unneeded(all, needs, keep));
}

/** Pure. @param all published last first */
function unneeded(all: readonly ReleaseOnHost[], needs: ReleaseNeeds, keep: number): string[] {
  const seen = new Map<string, number>();
  return all.flatMap(({ recipe, digest }) => {
    const before = seen.get(recipe) ?? 0;
    seen.set(recipe, before + 1);
    return before < keep || needs.has(digest) ? [] : [digest];
  });
}

async function remove(
  caller: Caller,
  options: RemoveOptions,
  choose: (all: readonly ReleaseOnHost[], needs: ReleaseNeeds, host: string) => readonly string[],
): Promise<void> {
  const { emit, signal } = caller;
  const seconds = stopwatch();
  const facts = hostNamed(await openSite(caller, options), options.on);
  const ports = createPorts({ emit, signal, task: TASK });
  await using open = await connect(caller, facts, ports);
  const { host } = open;
  let all: readonly ReleaseOnHost[] = [];
  const chosen = async (needs: ReleaseNeeds) => {
    all = await releasesOnHost(host);
    return [...new Set(choose(all, needs, facts.name))];
  };
  const dryRun = options.dryRun === true;
  const words = `remove releases of ${facts.name}`;
  const gone = dryRun
    ? await toBeRemoved(host, chosen)
    : await asTask({ host, words, emit }, () =>
        removeReleases(host, { choose: chosen, lock: lockFor(words) }, ports),
      );
  const lines = all
    .filter(({ digest }) => gone.includes(digest))
    .map((release) => `release ${nameOf(release)}: is removed`);
  emit({ type: 'changed', host: facts.name, lines, notes: [], dryRun, seconds: seconds() });
}

function notExact(all: readonly ReleaseOnHost[], name: string): Failure {
  return new Failure('usage', {
    what: `Which release of ${name} shall go is not said.`,
    expected: `one of ${all
      .filter(({ recipe }) => recipe === name)
      .map(nameOf)
      .join(', ')}`,
    found: name,
    hint: 'Name it with its digest, or keep the last ones: npx lunsmith release prune --keep 3',
  });
}

function needed(name: string, host: string, needs: readonly string[]): Failure {
  return new Failure('usage', {
    what: `The release ${name} is needed on ${host}.`,
    expected: 'one that no channel is at or would go back to, and that no client has a clone of',
    found: needs.join('; '),
    hint: 'Promote another release and rebase the clients with --discard, or remove them first.',
  });
}
