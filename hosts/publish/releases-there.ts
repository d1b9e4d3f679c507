/** The releases that lie on a target host. */
import { writeFile } from 'node:fs/promises';
import { hasDigest } from '../../artifacts/release/file-digests.js';
import { type Manifest, manifestSchema, parseManifest } from '../../artifacts/release/manifest.js';
import { type Proof, parseProof } from '../../artifacts/release/proof.js';
import { sha256OfText } from '../../base/digest.js';
import { Failure } from '../../base/failure.js';
import { checkRecord } from '../../base/schema/record.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import { readPublications } from './publications.js';

export interface ReleaseThere {
  readonly digest: string;
  readonly manifest: Manifest;
  readonly proofs: readonly Proof[];
}

const LIST = `
[ -d "$1" ] || exit 0
cd -- "$1" || exit 1
for manifest in */manifest.json; do [ ! -e "$manifest" ] || printf '%s\\n' "$manifest"; done
`;

/** Between names and contents: no JSON text and no name of a cell holds it. */
const SEPARATOR = '\x1e';
/** What is no regular file may never end. */
const PROOFS = `
for proof in "$1"/proofs/*.json; do
  [ -f "$proof" ] || continue
  printf '%s\\036' "\${proof##*/}"
  cat -- "$proof" || exit 1
  printf '\\036'
done
`;

/** A release that is on the host. */
export interface ListedRelease {
  readonly digest: string;
  /** Of its last publication, see publications.ts; undefined for one that came before there were serials. */
  readonly serial: number | undefined;
}

/** All releases on the host, the one that was published last first, and those without a serial at the end. */
export async function listReleases(host: TargetHost): Promise<ListedRelease[]> {
  const [digests, serials] = [await digestsThere(host), await readPublications(host)];
  const all = digests.map((digest) => ({ digest, serial: serials.get(digest) }));
  return all.sort((a, b) => (b.serial ?? 0) - (a.serial ?? 0) || (a.digest < b.digest ? -1 : 1));
}

/** Digests of all releases on the host. */
export async function digestsThere(host: TargetHost): Promise<string[]> {
  const { stdout } = await host.run(['sh', '-c', LIST, 'sh', hostLayout(host.facts).releases], {
    doing: `list the releases of ${host.facts.name}`,
    quiet: true,
  });
  return stdout.split('\n').flatMap((path) => /^([0-9a-f]{64})\/manifest\.json$/.exec(path)?.[1] ?? []);
}

/** `undefined` when it is not on the host. @throws Failure of kind `integrity` when it is damaged there */
export async function readReleaseThere(host: TargetHost, digest: string): Promise<ReleaseThere | undefined> {
  const folder = hostLayout(host.facts).release(digest);
  const text = await host.read(`${folder}/manifest.json`);
  if (text === undefined) return undefined;
  if (sha256OfText(text) !== digest) throw damaged(host, `${folder}/manifest.json`);
  const manifest = parseManifest(text, `${folder} on ${host.facts.name}`);
  const { stdout } = await host.run(['sh', '-c', PROOFS, 'sh', folder], {
    doing: `read the proofs of ${digest.slice(0, 12)}`,
    quiet: true,
  });
  const parts = stdout.split(SEPARATOR);
  const proofs: Proof[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2)
    proofs.push(parseProof(parts[at + 1] ?? '', `${folder}/proofs/${parts[at]} on ${host.facts.name}`));
  return { digest, manifest, proofs };
}

/** Manifests of releases on the host, by digest; of those that are not there, or not whole, none. */
export async function manifestsThere(
  host: TargetHost,
  digests: readonly string[],
): Promise<ReadonlyMap<string, Manifest>> {
  const manifests = new Map<string, Manifest>();
  for (const digest of digests) {
    const path = `${hostLayout(host.facts).release(digest)}/manifest.json`;
    const text = await host.read(path);
    if (text === undefined || sha256OfText(text) !== digest) continue;
    const checked = checkRecord(text, manifestSchema, path);
    if ('value' in checked) manifests.set(digest, checked.value);
  }
  return manifests;
}

/**
 * A file of a release on the host, but for its LUN image, as a file here, which is what the manifest says.
 * @param path relative to the release
 * @param to absolute path
 * @throws Failure of kind `integrity` when it is damaged there
 */
export async function copyFileThere(
  host: TargetHost,
  { digest, manifest }: Pick<ReleaseThere, 'digest' | 'manifest'>,
  path: string,
  to: string,
): Promise<void> {
  const at = `${hostLayout(host.facts).release(digest)}/${path}`;
  // What a tool prints comes as text.
  const { stdout } = await host.run(['base64', at], { doing: `read ${path} of the release`, quiet: true });
  await writeFile(to, stdout, 'base64');
  const expected = manifest.artifacts.find((artifact) => artifact.path === path)?.digest ?? '';
  if (!(await hasDigest(to, expected))) throw damaged(host, at);
}

function damaged({ facts }: TargetHost, path: string): Failure {
  return new Failure('integrity', {
    what: `A release on ${facts.name} is damaged, or was written by another version of lunsmith.`,
    found: path,
    hint: 'Move its folder away there, then publish it again.',
  });
}
