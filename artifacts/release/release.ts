/**
 * Releases on disk. A release is an immutable folder named by its manifest's digest; it appears by one rename and is
 * whole from then on. Only proofs are added later, beside the manifest.
 *
 * ```
 * <output>/<recipe>/releases/<digest>/{manifest.json,…}    the artifacts, by the manifest's paths
 * <output>/<recipe>/releases/<digest>/proofs/<cell>.json
 * <output>/<recipe>/latest -> releases/<digest>
 * ```
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readlink, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { readRegular } from '../../base/regular-file.js';
import { replaceFile } from '../../base/replace-file.js';
import { checkRecord } from '../../base/schema/record.js';
import type { DigestOptions } from '../formats/file-digest.js';
import { cellName } from '../platform/platform.js';
import { digestFile, hasDigest } from './file-digests.js';
import { listFiles, requireRegular, sizeProblem, strangers } from './listing.js';
import {
  type Manifest,
  MOST_MANIFEST_BYTES,
  manifestSchema,
  parseManifest,
  type ReleaseFile,
} from './manifest.js';
import { MOST_PROOF_BYTES, MOST_PROOFS, type Proof, parseProof } from './proof.js';

export interface Release {
  /** Absolute path of the release's folder, links resolved. */
  readonly path: string;
  readonly manifest: Manifest;
  /** The manifest's sha256, lower-case hex. */
  readonly digest: string;
  /** By cell name. */
  readonly proofs: readonly Proof[];
}

export interface DigestFilesOptions extends DigestOptions {
  /** Files whose digests were taken before, and which are unchanged since. */
  readonly known?: readonly ReleaseFile[];
}

/** Digests all files of a folder that is to become a release. */
export async function digestFiles(folder: string, options: DigestFilesOptions = {}): Promise<ReleaseFile[]> {
  const files: ReleaseFile[] = [];
  for (const path of await listFiles(folder)) {
    const { size: bytes } = await stat(join(folder, path));
    const known = options.known?.find((file) => file.path === path && file.bytes === bytes);
    files.push(known ?? { path, bytes, digest: await digestFile(join(folder, path), bytes, options) });
  }
  return files;
}

/**
 * Makes a folder the newest release of its recipe: writes the manifest, moves the folder to its digest's name, and
 * points `latest` at it. The folder's files are on disk before the release is visible.
 * @param staging is gone afterwards; if the same release exists already, that one stays as it is
 * @throws Failure of kind `integrity` when that one is damaged as far as a look tells
 */
export async function commitRelease(
  staging: string,
  output: string,
  manifest: Manifest,
  ports: Ports,
): Promise<{ readonly path: string; readonly digest: string }> {
  const text = canonicalJson(manifestSchema.parse(manifest));
  const digest = sha256OfText(text);
  const home = join(output, manifest.recipe.name);
  const path = join(home, 'releases', digest);
  await writeFile(join(staging, 'manifest.json'), text);
  await mkdir(join(home, 'releases'), { recursive: true });
  if ((await exists(path)) || !(await moveInto(staging, path, ports))) await requireIntact(path, digest);
  await pointLatest(home, digest);
  return { path, digest };
}

/** A release that was there before is what the caller tells of: it must not be a torn one. */
async function requireIntact(path: string, digest: string): Promise<void> {
  const [first, ...others] = await looksDamaged(path, digest);
  if (first === undefined) return;
  throw new Failure('integrity', {
    what: `The release ${path} is damaged, and a build does not replace it.`,
    expected: 'the files that its manifest describes',
    found: [first, ...others].join('; '),
    hint: 'Remove it, then run the same command again.',
  });
}

/** What a look at manifest and sizes tells of a release's damage; no other file is read. */
export async function looksDamaged(path: string, digest: string): Promise<string[]> {
  const text = await readManifest(path).catch(() => undefined);
  if (text === undefined) return ['manifest.json: missing'];
  if (sha256OfText(text) !== digest) return ['manifest.json: its digest is not the release’s'];
  const manifest = checkRecord(text, manifestSchema, join(path, 'manifest.json'));
  if ('problems' in manifest) return ['manifest.json: not as this version of lunsmith writes it'];
  const problems = await Promise.all(manifest.value.artifacts.map((file) => sizeProblem(path, file)));
  return problems.filter((problem) => problem !== undefined);
}

/** Points `latest` at a release. @param home folder of the recipe's releases */
export async function pointLatest(home: string, digest: string): Promise<void> {
  const target = join('releases', digest);
  const latest = join(home, 'latest');
  if ((await readlink(latest).catch(() => undefined)) === target) return;
  // A link cannot be replaced in place; renaming a new one over it can never show a missing `latest`.
  // Not by the pid: in sandboxes all builds have the same.
  const link = join(home, `.latest-${randomUUID()}`);
  await symlink(target, link);
  await rename(link, latest);
}

/** @returns false when another build of the same release was first */
async function moveInto(staging: string, path: string, ports: Ports): Promise<boolean> {
  try {
    await rename(staging, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTEMPTY', 'EEXIST'].includes(code)) return false;
    if (code !== 'EXDEV') throw error;
    // The output lies on another file system: copy beside the final name, holes kept, then rename there.
    const partial = `${path}.partial`;
    await rm(partial, { recursive: true, force: true });
    try {
      await ports.run(['cp', '--archive', '--sparse=always', '--no-target-directory', staging, partial], {
        doing: 'copy the release to the output directory',
      });
      await rename(partial, path);
    } catch (failure) {
      await rm(partial, { recursive: true, force: true });
      throw failure;
    }
  }
  return true;
}

/**
 * Reads a release's manifest and proofs, and makes sure that what its manifest names can be read as files.
 * @throws Failure of kind `usage` if it is none, `integrity` if it is damaged
 */
export async function readRelease(folder: string): Promise<Release> {
  const path = await realpath(folder).catch(() => folder);
  const text = await readManifest(path);
  if (text === undefined) {
    throw new Failure('usage', {
      what: `${folder} is not a release.`,
      expected: 'a folder with manifest.json in it',
      found: (await exists(path)) ? 'no manifest.json' : 'no such folder',
      hint: 'Build one: npx lunsmith build RECIPE --output out; it is then out/RECIPE/latest.',
    });
  }
  const manifest = parseManifest(text, folder);
  await requireRegular(path, manifest);
  return { path, manifest, digest: sha256OfText(text), proofs: await readProofs(path) };
}

/** Undefined where there is none. @throws Failure of kind `integrity` when it is no file that a manifest can be */
async function readManifest(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(join(path, 'manifest.json'), { most: MOST_MANIFEST_BYTES })).toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** By file name. A proof is named by its cell, so that there are few. */
async function readProofs(path: string): Promise<Proof[]> {
  const folder = join(path, 'proofs');
  const proofs: Proof[] = [];
  for (const name of await proofNames(folder)) {
    const file = join(folder, name);
    const text = (await readRegular(file, { most: MOST_PROOF_BYTES })).toString('utf8');
    proofs.push(parseProof(text, file));
  }
  return proofs;
}

async function proofNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const proofs = names.filter((name) => name.endsWith('.json')).sort();
  if (proofs.length <= MOST_PROOFS) return proofs;
  throw new Failure('integrity', {
    what: `The folder ${folder} holds more proofs than there are boot methods.`,
    expected: `at most ${MOST_PROOFS}`,
    found: String(proofs.length),
  });
}

/** Adds a proof, in place of an earlier one of the same cell. */
export async function writeProof(path: string, proof: Proof): Promise<void> {
  const folder = join(path, 'proofs');
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, `${cellName(proof.cell)}.json`), canonicalJson(proof));
}

export interface VerifyOptions extends DigestOptions {
  /** Read the files; else their names and sizes are looked at. Default true. */
  readonly contents?: boolean;
}

/** What differs between a release's files and its manifest; empty when it is whole. */
export async function verifyRelease(
  release: Release,
  { contents = true, ...options }: VerifyOptions = {},
): Promise<string[]> {
  const problems: string[] = [];
  for (const file of release.manifest.artifacts) {
    const problem = await sizeProblem(release.path, file);
    if (problem !== undefined) problems.push(problem);
    else if (contents && !(await hasDigest(join(release.path, file.path), file.digest, options)))
      problems.push(`${file.path}: its digest is not the manifest’s`);
  }
  return [...problems, ...(await strangers(release.path, release.manifest))];
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
