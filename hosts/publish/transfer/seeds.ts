/** The indexes of releases that a target host has: kept here, made from a release that is here, or fetched. */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type Release, readRelease } from '../../../artifacts/release/release.js';
import type { Ports } from '../../../base/ports.js';
import { loadIndex, parseTable, partsOf, saveIndex } from './kept-index.js';
import { type Candidate, chooseSeeds, type Seed } from './plan.js';
import { indexRelease, type ReleaseIndex } from './release-index.js';
import type { HostRelease, Survey } from './survey.js';
import type { Wire } from './wire.js';

/** Prints the table of an index in one line and then its blocks. Arguments: folder of the index. */
const FETCH = `set -eu
read -r table <"$1/table.json"
printf '%s\\n' "$table"
gzip -c <"$1/blocks" | base64
`;

export interface SeedSearch {
  readonly wire: Wire;
  readonly release: Release;
  /** Index of that release. */
  readonly index: ReleaseIndex;
  /** Folder of the indexes that are kept here. */
  readonly indexes: string;
  readonly survey: Survey;
  readonly ports: Pick<Ports, 'run' | 'signal'>;
}

/** The releases of a host of which a new one is best made. One index is fetched at most: each is larger than a small change. */
export async function findSeeds(search: SeedSearch): Promise<Candidate[]> {
  const { survey, release, index } = search;
  const known: Seed[] = [];
  const unknown: HostRelease[] = [];
  for (const each of survey.releases) {
    const found = await indexHere(each.digest, search);
    if (found === undefined) unknown.push(each);
    else known.push({ digest: each.digest, index: found });
  }
  if (known.length === 0) {
    const { name } = release.manifest.recipe;
    const there = unknown.filter(({ indexed }) => indexed);
    const best = there.find(({ recipe }) => recipe === name) ?? there[0];
    const fetched = best === undefined ? undefined : await fetchIndex(best.digest, search);
    if (best !== undefined && fetched !== undefined) known.push({ digest: best.digest, index: fetched });
  }
  return chooseSeeds(index, known, async () => {
    await setImmediate();
    search.ports.signal.throwIfAborted();
  });
}

async function indexHere(digest: string, search: SeedSearch): Promise<ReleaseIndex | undefined> {
  const { indexes, release, ports } = search;
  const kept = await loadIndex(indexes, digest);
  if (kept !== undefined) return kept;
  // The release beside this one may be damaged, or gone: then it is of no use, and that is all.
  const sibling = await readRelease(join(release.path, '..', digest)).catch(() => undefined);
  if (sibling?.digest !== digest) return undefined;
  const made = await indexRelease(sibling, ports, () => undefined).catch(() => undefined);
  ports.signal.throwIfAborted();
  if (made !== undefined) await saveIndex(indexes, digest, made);
  return made;
}

async function fetchIndex(digest: string, { wire, indexes }: SeedSearch): Promise<ReleaseIndex | undefined> {
  const folder = `${wire.root}/indexes/${digest}`;
  const text = await wire.script(FETCH, [folder], { doing: `fetch the index of a release of ${wire.name}` });
  const end = text.indexOf('\n');
  try {
    const files = parseTable(text.slice(0, end), `${folder}/table.json`);
    const blocks = await promisify(gunzip)(Buffer.from(text.slice(end), 'base64'));
    const index = { files, parts: partsOf(blocks) };
    await saveIndex(indexes, digest, index);
    return index;
  } catch {
    // An index that cannot be read is none: then more is sent.
    return undefined;
  }
}
