/**
 * What a look at a release's folder tells, before anything in it is read. A release may come from elsewhere: its files are
 * regular ones in real folders, and nothing else is opened.
 */
import { lstat, opendir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import PQueue from 'p-queue';
import { Failure } from '../../base/failure.js';
import type { Manifest, ReleaseFile } from './manifest.js';

/** How many things beside the manifest's files are told of. */
const MOST_STRANGE = 20;
/** Looks at a time. */
const WIDTH = 32;

/** What lies below a folder and is no folder: paths relative to it, sorted by code unit. */
export async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { path, file } of walk(folder, '')) if (file) files.push(path);
  return files.sort((a, b) => (a < b ? -1 : 1));
}

interface Found {
  readonly path: string;
  /** Whether it is a regular file. */
  readonly file: boolean;
}

/** Folders are not told of, but what cannot be read is. */
async function* walk(root: string, below: string): AsyncGenerator<Found> {
  const folders: string[] = [];
  try {
    for await (const entry of await opendir(join(root, below))) {
      const path = join(below, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else yield { path, file: entry.isFile() };
    }
  } catch (error) {
    if (below === '') throw error;
    yield { path: below, file: false };
  }
  for (const path of folders) yield* walk(root, path);
}

/** What lies in a release's folder and is neither its manifest, nor one of its files, nor beside its proofs. */
export async function strangers(path: string, { artifacts }: Pick<Manifest, 'artifacts'>): Promise<string[]> {
  const listed = new Set(artifacts.map((file) => file.path));
  const strange: string[] = [];
  for await (const found of walk(path, '')) {
    const ours = found.path === 'manifest.json' || found.path.startsWith('proofs/') || listed.has(found.path);
    if (ours) continue;
    if (strange.length === MOST_STRANGE) return [...strange, 'and more that is not in the manifest'];
    strange.push(`${found.path}: not in the manifest`);
  }
  return strange;
}

/** What is wrong with the size of a file, or that it is missing; undefined when nothing is. */
export async function sizeProblem(
  folder: string,
  { path, bytes }: Pick<ReleaseFile, 'path' | 'bytes'>,
): Promise<string | undefined> {
  const found = await lstat(join(folder, path)).catch(() => undefined);
  if (found === undefined) return `${path}: missing`;
  return found.size === bytes ? undefined : `${path}: ${found.size} bytes instead of ${bytes}`;
}

/** @throws Failure of kind `integrity` when a file of the manifest is there and no regular file in real folders */
export async function requireRegular(
  path: string,
  { artifacts }: Pick<Manifest, 'artifacts'>,
): Promise<void> {
  const turns = new PQueue({ concurrency: WIDTH });
  const folders = new Map<string, Promise<boolean>>();
  const real = (folder: string) => {
    const known = folders.get(folder) ?? isReal(folder);
    folders.set(folder, known);
    return known;
  };
  await Promise.all(
    artifacts.map((file) =>
      turns.add(async () => {
        const full = join(path, file.path);
        const found = await lstat(full).catch(() => undefined);
        if (found === undefined || (found.isFile() && (await real(dirname(full))))) return;
        throw new Failure('integrity', {
          what: `The release ${path} is damaged: ${file.path} is no regular file in it.`,
          expected: 'regular files in folders of the release, and no links',
          hint: 'Fetch it again from where it came, or build it again.',
        });
      }),
    ),
  );
}

async function isReal(folder: string): Promise<boolean> {
  return (await realpath(folder).catch(() => undefined)) === folder;
}
