/** Where the site file is. */
import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Failure } from '../../base/failure.js';
import { slashesMeant } from '../../base/suggest.js';

const SITE_FILE = 'lunsmith.yaml';

export interface SitePath {
  /** Absolute. */
  readonly path: string;
  /** As the user knows it. */
  readonly shown: string;
}

/**
 * The site file: what `--site` names (a file, or a folder that holds one), else the nearest `lunsmith.yaml` in the
 * current folder or above it.
 * @throws Failure of kind `usage` when there is none
 */
export async function findSite(cwd: string, named?: string): Promise<SitePath> {
  if (named !== undefined) return await namedSite(cwd, named);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const path = join(folder, SITE_FILE);
    if ((await kindOf(path)) === 'file') return { path, shown: relative(cwd, path) };
    if (folder === dirname(folder)) break;
  }
  throw new Failure('usage', {
    what: `There is no ${SITE_FILE} here.`,
    expected: `${SITE_FILE} in ${resolve(cwd)} or a folder above it`,
    hint: 'Name one with `--site FILE`, or write one: docs/site.md explains it.',
  });
}

async function namedSite(cwd: string, named: string): Promise<SitePath> {
  const path = resolve(cwd, named);
  const kind = await kindOf(path);
  if (kind === 'file') return { path, shown: named };
  const inside = join(path, SITE_FILE);
  if (kind === 'folder' && (await kindOf(inside)) === 'file') {
    return { path: inside, shown: join(named, SITE_FILE) };
  }
  throw new Failure('usage', {
    what: kind === 'folder' ? `The folder ${named} holds no ${SITE_FILE}.` : `There is no file ${named}.`,
    expected: `a site file such as ${SITE_FILE}`,
    ...slashesMeant(named),
  });
}

async function kindOf(path: string): Promise<'folder' | 'file' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}
