/** Whether the releases that channels and clients need are on the host, whole, and proven. */
import { posix } from 'node:path';
import { proofLack } from '../../artifacts/release/proof.js';
import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import { type ReleaseThere, readReleaseThere } from '../publish/releases-there.js';
import { releaseNeeds } from '../releases.js';
import { cellsAsked } from '../site/gate-cells.js';
import type { Finding } from './finding.js';
import { digestsOf, sizesOf } from './survey.js';

/** Sizes of all files are compared, and the digests of all but the disk images, which would take minutes. */
export async function releaseFindings(host: TargetHost, state: HostState): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [digest, [why = '']] of releaseNeeds(state)) {
    const folder = hostLayout(host.facts).release(digest);
    try {
      const release = await readReleaseThere(host, digest);
      if (release === undefined) findings.push(absent(host, digest, why, folder));
      else findings.push(...(await incomplete(host, release, folder)), ...unproven(host, state, release));
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'integrity') throw error;
      findings.push(
        damaged(host, digest, `${folder}/manifest.json`, 'the manifest of this digest', 'another text'),
      );
    }
  }
  return findings;
}

function again({ facts }: TargetHost, digest: string): string {
  return `Move its folder away there, then publish it again: npx lunsmith publish out/RECIPE/releases/${digest} --to ${facts.name}`;
}

function damaged(host: TargetHost, digest: string, where: string, expected: string, found: string): Finding {
  return {
    ...{ level: 'error', about: 'releases', what: `The release ${digest.slice(0, 12)} is damaged.` },
    ...{ where, expected, found, hint: again(host, digest) },
  };
}

function absent(host: TargetHost, digest: string, why: string, where: string): Finding {
  return {
    ...{
      level: 'error',
      about: 'releases',
      what: `The release ${digest.slice(0, 12)} is not on the host.`,
      where,
    },
    expected: `a release that is needed: ${why}`,
    found: 'nothing',
    hint: `Publish it again: npx lunsmith publish out/RECIPE/releases/${digest} --to ${host.facts.name}`,
  };
}

async function incomplete(
  host: TargetHost,
  { digest, manifest }: ReleaseThere,
  folder: string,
): Promise<Finding[]> {
  const at = (path: string) => posix.join(folder, path);
  const files = manifest.artifacts.map(({ path, ...file }) => ({ ...file, path: at(path) }));
  const sizes = await sizesOf(
    host,
    files.map(({ path }) => path),
  );
  const short = files.filter(({ path, bytes }) => sizes.get(path)?.bytes !== bytes);
  const read = files.filter(
    (file) => !short.includes(file) && file.digest.startsWith('sha256:') && file.role !== 'lun-image',
  );
  const digests = await digestsOf(
    host,
    read.map(({ path }) => path),
  );
  const other = read.filter(({ path, digest: wanted }) => wanted !== `sha256:${digests.get(path)}`);
  return [
    ...short.map(({ path, bytes }) => {
      const size = sizes.get(path);
      return damaged(
        host,
        digest,
        path,
        `${bytes} bytes`,
        size === undefined ? 'nothing' : `${size.bytes} bytes`,
      );
    }),
    ...other.map(({ path, digest: wanted }) =>
      damaged(host, digest, path, wanted, `sha256:${digests.get(path) ?? 'unreadable'}`),
    ),
  ];
}

/** A channel's release has what the gate asks for now. */
function unproven(
  { facts }: TargetHost,
  { channels }: HostState,
  { digest, manifest, proofs }: ReleaseThere,
): Finding[] {
  const names = Object.entries(channels).flatMap(([name, { release }]) => (release === digest ? [name] : []));
  if (names.length === 0) return [];
  const gate = cellsAsked(facts.gate, manifest);
  const lacking = gate.filter((cell) => proofLack(cell, digest, proofs) !== undefined);
  if (lacking.length === 0) return [];
  return [
    {
      ...{ level: 'warning', about: 'releases' },
      what: `The release of ${names.join(', ')} lacks a proof that the gate of ${facts.name} asks for.`,
      where: `${hostLayout(facts).release(digest)}/proofs`,
      expected: `a passed proof of ${gate.join(', ')}`,
      found: `none of ${lacking.join(', ')}`,
      hint: `Prove it, then publish it again: npx lunsmith prove out/${manifest.recipe.name}/releases/${digest} --for ${facts.name}`,
    },
  ];
}
