/** The digests and places of packages that apt chose, from the lists that it chose them from. */
import { Failure } from '../../../../base/failure.js';
import type { Argv } from '../../../../base/ports.js';
import type { LockedPackage } from '../../../../pipeline/stage.js';
import type { KeptStanza } from './kept-stanzas.js';
import { type Chosen, placeInArchive, plainPath } from './solution.js';
import { fieldOf, splitStanzas } from './stanza.js';
import { type AptWorld, describes } from './world.js';

/** Gives each chosen package its digest and its place in an archive. */
export async function describeChosen(
  chosen: readonly Chosen[],
  preferred: readonly KeptStanza[],
  world: AptWorld,
  query: (argv: Argv, doing: string) => Promise<string>,
): Promise<KeptStanza[]> {
  const kept = (each: Chosen) => preferred.find(({ stanza }) => describes(stanza, each));
  const fresh = chosen.filter((each) => kept(each) === undefined);
  const shown =
    fresh.length === 0
      ? []
      : splitStanzas(
          await query(
            ['apt-cache', 'show', '--', ...fresh.map(({ name, version }) => `${name}=${version}`)],
            'read the package lists',
          ),
        );
  const byPackage = new Map<string, string[]>();
  for (const stanza of shown) {
    const name = fieldOf(stanza, 'Package') ?? '';
    byPackage.set(name, [...(byPackage.get(name) ?? []), stanza]);
  }
  const archives = Object.fromEntries(world.sources.map(({ archive, uri }) => [archive, uri]));
  return chosen.map((each) => {
    const known = kept(each);
    if (known !== undefined) return known;
    const place = placeInArchive(each.url, archives);
    const candidates = (byPackage.get(each.name) ?? []).filter((stanza) => describes(stanza, each));
    const stanza =
      candidates.find((one) => plainPath(fieldOf(one, 'Filename') ?? '') === place?.path) ?? candidates[0];
    const digest = stanza === undefined ? undefined : fieldOf(stanza, 'SHA256');
    if (place === undefined || stanza === undefined || digest === undefined) {
      throw new Failure('integrity', {
        what: `The package lists do not describe ${each.name} ${each.version} (${each.architecture}) in full.`,
        expected: 'a stanza with Filename, Size and SHA256',
        found: stanza ?? each.url,
        hint: 'Choose another mirror with `--mirror URL`.',
      });
    }
    return { locked: lockedPackage(each, { ...place, digest: digest.toLowerCase(), stanza }), stanza };
  });
}

/** What the archive's overrides may say otherwise than the package itself, and what apt heeds. */
const OVERRIDDEN = ['Priority', 'Section'];

function lockedPackage(
  { name, version, architecture }: Chosen,
  found: {
    readonly archive: string;
    readonly path: string;
    readonly digest: string;
    readonly stanza: string;
  },
): LockedPackage {
  const index = OVERRIDDEN.flatMap((field) => {
    const value = fieldOf(found.stanza, field);
    return value === undefined ? [] : [[field, value] as const];
  });
  return {
    name,
    version,
    architecture,
    archive: found.archive,
    bytes: Number(fieldOf(found.stanza, 'Size')),
    sha256: found.digest,
    path: found.path,
    ...(index.length === 0 ? {} : { index: Object.fromEntries(index) }),
  };
}
