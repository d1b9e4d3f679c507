/** What a demo ends with: what was built, where it is, how long it took, and the proof. */
import type { InspectedRelease } from '../../app/inspect.js';
import { proofLines, type ReleaseSurroundings, systemWords } from './release.js';
import { formatBinary, formatBytes, formatSeconds, shortPath, table } from './text.js';

export interface Summary {
  readonly release: InspectedRelease;
  /** The link that always leads to the newest release. */
  readonly latest: string;
  readonly seconds: { readonly build: number; readonly prove: number };
  /** How many cells of the boot matrix were proven, and how many there are. */
  readonly cells: { readonly proven: number; readonly all: number };
}

export function summaryLines(
  { release, latest, seconds, cells }: Summary,
  { style, cwd }: ReleaseSurroundings,
): string[] {
  const { manifest } = release;
  const disk = release.files.find(({ role }) => role === 'lun-image');
  const shown = shortPath(latest, cwd);
  return [
    style.bold(`${manifest.recipe.name}: built and proven`),
    ...table([
      [
        '  What',
        [
          systemWords(manifest),
          ...(manifest.packages === undefined ? [] : [`${manifest.packages.length} packages`]),
        ].join(', '),
      ],
      [
        '  LUN image',
        `${formatBinary(manifest.disk.bytes)}, ${formatBytes(disk?.allocated ?? 0)} of it allocated`,
      ],
      ['  Where', shown],
      ['  Digest', `sha256 ${release.digest}`],
      ['  How long', `built in ${formatSeconds(seconds.build)}, proven in ${formatSeconds(seconds.prove)}`],
    ]),
    '',
    ...proofLines(release.proofs, release.digest, style),
    '',
    ...(cells.proven < cells.all
      ? [`Proven: ${cells.proven} of ${cells.all} cells; all of them: npx lunsmith prove ${shown}`]
      : []),
    `Look into it: npx lunsmith inspect ${shown}`,
  ];
}
