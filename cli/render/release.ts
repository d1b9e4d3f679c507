/** A release and its proofs as tables for people. */

import type { InspectedFile, InspectedRelease } from '../../app/inspect.js';
import { cellName } from '../../artifacts/platform/platform.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { type Proof } from '../../artifacts/release/proof.js';
import { distributionWords } from '../../artifacts/release/roles.js';
import type { Style } from './style.js';
import { formatBinary, formatBytes, formatSeconds, plural, shortPath, table } from './text.js';

export interface ReleaseSurroundings {
  readonly style: Style;
  readonly cwd: string;
}

const SECTOR = 512;
/** Of what a release need not have. */
const NONE = 'none';

/** Everything but the list of packages. */
export function releaseLines(release: InspectedRelease, { style, cwd }: ReleaseSurroundings): string[] {
  const { manifest } = release;
  return [
    ...table([
      [style.bold('Release'), shortPath(release.path, cwd)],
      [style.bold('Digest'), `sha256 ${release.digest}`],
      [style.bold('Recipe'), [manifest.recipe.name, manifest.recipe.version].filter(Boolean).join(' ')],
      [style.bold('System'), systemWords(manifest)],
      [style.bold('Command line'), manifest.kernel?.commandLine ?? NONE],
      [style.bold('Packages'), manifest.packages === undefined ? NONE : String(manifest.packages.length)],
    ]),
    '',
    style.bold('Files'),
    ...indent(table([['path', 'role', 'apparent', 'allocated', 'digest'], ...release.files.map(fileRow)])),
    release.problems.length === 0
      ? `  ${style.green('✔')} every digest verified`
      : `  ${style.red('✘')} ${plural(release.problems.length, 'problem')}: see below`,
    '',
    ...partitionLines(manifest, style),
    '',
    ...proofLines(release.proofs, release.digest, style),
  ];
}

/** `debian 12, pc amd64, kernel 6.1.0-9-amd64`. */
export function systemWords(manifest: Manifest): string {
  const { platform, architecture, kernel } = manifest;
  return [
    distributionWords(manifest) ?? 'no distribution',
    `${platform} ${architecture}`,
    kernel === undefined ? 'no kernel' : `kernel ${kernel.version}`,
  ].join(', ');
}

function fileRow(file: InspectedFile): string[] {
  const allocated = file.allocated === undefined ? 'missing' : formatBytes(file.allocated);
  return [file.path, file.role, formatBytes(file.bytes), allocated, file.digest.replace(/(?<=:.{12}).*/, '')];
}

function partitionLines({ disk }: Manifest, style: Style): string[] {
  // A type of GPT and a UUID of its file system would make a row that no terminal has room for.
  const rows = disk.partitions.map((partition) => [
    String(partition.number),
    partition.name,
    formatBinary(partition.firstLba * SECTOR),
    formatBinary(partition.sectors * SECTOR) + (partition.grow ? ' or more' : ''),
    partition.filesystem ?? '-',
    partition.mount ?? '-',
  ]);
  const head = ['no.', 'name', 'start', 'size', 'holds', 'mount'];
  const [first = '', ...lines] = table([head, ...rows]);
  const named = disk.partitions.map(({ type, filesystemUuid }) => [
    `     type ${type}`,
    ...(filesystemUuid === undefined ? [] : [`     UUID ${filesystemUuid}`]),
  ]);
  return [
    `${style.bold('Partitions')}  ${disk.table}, ${formatBinary(disk.bytes)}, ${disk.guid}`,
    ...indent([first, ...lines.flatMap((line, index) => [line, ...(named[index] ?? [])])]),
  ];
}

/** One line a cell, in the order in which they were stored. */
export function proofLines(proofs: readonly Proof[], digest: string, style: Style): string[] {
  if (proofs.length === 0) return [`${style.bold('Proofs')}  none yet: npx lunsmith prove RELEASE`];
  const rows = proofs.map((proof) => [
    proof.passed ? style.green('✔') : style.red('✘'),
    cellName(proof.cell),
    outcome(proof, digest),
    formatSeconds(proof.seconds),
    `${proof.accelerator}, ${proof.network === 'tap' ? 'own network' : 'QEMU’s user network'}`,
    proof.at,
  ]);
  return [style.bold('Proofs'), ...indent(table(rows))];
}

function outcome(proof: Proof, digest: string): string {
  if (proof.release !== digest) return 'of another release';
  const checks = plural(proof.checks.length, 'check');
  const failed = proof.checks.filter(({ passed }) => !passed);
  const left = proof.leftOut === undefined ? '' : `, without ${proof.leftOut.join(' and ')}`;
  return failed.length === 0 ? `${checks}${left}` : `${failed.length} of ${checks} failed`;
}

/** Name, version and architecture of every package. */
export function packageLines(manifest: Manifest): string[] {
  return table(
    (manifest.packages ?? []).map(({ name, version, architecture }) => [name, version, architecture]),
  );
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
