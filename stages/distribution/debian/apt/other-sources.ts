/**
 * apt sources of a root tree that a step added. Packages come from the archives of the bootstrap alone: a recipe that names another
 * one and then installs a package by its name must not get that of Debian without a word.
 */
import { z } from 'zod';
import type { StageContext } from '../../../../pipeline/stage.js';
import { type RootTree, rootTree } from '../../../rootfs/tree.js';
import { readSources } from './mirror.js';
import type { AptSource } from './sources.js';

type Context = Pick<StageContext<unknown>, 'rootfs' | 'record' | 'recorded' | 'warn'>;

/** Under this key the bootstrap records `URI SUITE` of all sources that it wrote into the tree. */
const RECORD = 'apt-sources';
const recordSchema = z.array(z.string());

export async function recordSources(ctx: Context): Promise<void> {
  ctx.record(RECORD, await namesOfSources(rootTree(ctx.rootfs)));
}

/** Warns of sources that nothing is installed from. */
export async function warnOfOtherSources(ctx: Context): Promise<void> {
  const own = recordSchema.safeParse(ctx.recorded(RECORD)).data;
  if (own === undefined) return;
  const others = (await namesOfSources(rootTree(ctx.rootfs))).filter((name) => !own.includes(name));
  if (others.length === 0) return;
  ctx.warn(
    `This step installs nothing from apt sources that another step added: ${others.join(', ')}.`,
    'It knows the archives of the `debootstrap` step: name them in its `repositories`.',
  );
}

async function namesOfSources(tree: RootTree): Promise<string[]> {
  const name = ({ uri, suite }: AptSource) => `${uri} ${suite}`;
  return [...new Set((await readSources('/etc/apt', tree)).map(name))];
}
