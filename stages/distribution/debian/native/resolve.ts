/** The packages of native tools: those of another architecture from the archives of the root itself. */
import type { LockedPackage, ResolveContext } from '../../../../pipeline/stage.js';
import { packageLists } from '../apt/lists.js';
import { solve } from '../apt/solve.js';
import type { NamedSource } from '../apt/sources.js';
import { type AptWorld, preferred } from '../apt/world.js';
import { PROGRAMS } from './programs.js';

/** @returns none where the root is the host's own */
export async function resolveNative(
  ctx: ResolveContext<unknown>,
  all: readonly NamedSource[],
  snapshot?: Date,
): Promise<readonly LockedPackage[]> {
  const { native, recipe } = ctx;
  if (native === undefined) return [];
  // An archive besides Debian's may be of the root's architecture alone.
  const sources = all.filter(({ archive }) => archive === 'main' || archive === 'security');
  const doing = `fetch the package lists of ${native}`;
  const lists = await packageLists(ctx, sources, { architecture: native, doing, snapshot });
  const prefer = preferred(ctx.prefer, lists.indexes, 'tools');
  const world: AptWorld = { kind: 'apt', sources, lists, prefer, installed: {} };
  const request = { install: Object.keys(PROGRAMS), remove: [], recommends: false };
  const { packages } = await solve({ ...ctx, recipe: { ...recipe, architecture: native } }, world, request);
  // What is of no architecture is there for maintainer scripts, which nobody runs.
  return packages.filter(({ architecture }) => architecture === native);
}
