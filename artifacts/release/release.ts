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
import {
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { replaceFile } from '../../base/replace-file.js';
import type { DigestOptions } from '../formats/file-digest.js';
import { cellName } from '../platform/platform.js';
import { digestFile, hasDigest } from './file-digests.js';
import { type Manifest, manifestSchema, parseManifest, type ReleaseFile } from './manifest.js';
import { type Proof, proofSchema } from './proof.js';

export interface Release {
  /** Absolute path of the release's folder, links resolved. */
  readonly path: string;
  readonly manifest: Manifest;
  /** The manifest's sha256, lower-case hex. */
  readonly digest: string;
  /** By cell name. */
  readonly proofs: readonly Proof[];
}

/** Relative paths of all files below a folder, sorted by code unit. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort((a, b) => (a < b ? -1 : 1));
}

export interface DigestFilesOptions extends DigestOptions {
  /** Files whose digests were taken before, and which nobody has changed since. */
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
  const text = await readFile(join(path, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return ['manifest.json: missing'];
  const manifest = sha256OfText(text) === digest ? manifestSchema.safeParse(JSON.parse(text)) : undefined;
  if (manifest?.data === undefined) return ['manifest.json: its digest is not the release’s'];
  const problems = await Promise.all(manifest.data.artifacts.map((file) => sizeProblem(path, file)));
  return problems.filter((problem) => problem !== undefined);
}

async function sizeProblem(
  folder: string,
  { path, bytes }: Pick<ReleaseFile, 'path' | 'bytes'>,
): Promise<string | undefined> {
  const found = await stat(join(folder, path)).catch(() => undefined);
  if (found === undefined) return `${path}: missing`;
  return found.size === bytes ? undefined : `${path}: ${found.size} bytes instead of ${bytes}`;
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

/** Reads a release's manifest and proofs. @throws Failure of kind `usage` if it is none, `integrity` if it is damaged */
export async function readRelease(folder: string): Promise<Release> {
  const path = await realpath(folder).catch(() => folder);
  const text = await readFile(join(path, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new Failure('usage', {
      what: `${folder} is not a release.`,
      expected: 'a folder with manifest.json in it',
      found: (await exists(path)) ? 'no manifest.json' : 'no such folder',
      hint: 'Build one: npx lunsmith build RECIPE --output out; it is then out/RECIPE/latest.',
    });
  }
  return {
    path,
    manifest: parseManifest(text, folder),
    digest: sha256OfText(text),
    proofs: await readProofs(path),
  };
}

async function readProofs(path: string): Promise<Proof[]> {
  const folder = join(path, 'proofs');
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => readFile(join(folder, name), 'utf8')),
  );
  return texts.map((text) => proofSchema.parse(JSON.parse(text)));
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
  const listed = new Set(release.manifest.artifacts.map((file) => file.path));
  for (const path of await listFiles(release.path)) {
    const ours = path === 'manifest.json' || path.startsWith('proofs/') || listed.has(path);
    if (!ours) problems.push(`${path}: not in the manifest`);
  }
  return problems;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
