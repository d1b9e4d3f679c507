/** What the resolution of a later step needs to know of those before: where packages come from, and which are there. */
import { Failure } from '../../../../base/failure.js';
import type { Resolution } from '../../../../pipeline/stage.js';
import type { Repository } from './config.js';
import type { Databases } from './databases.js';

export interface PacmanWorld {
  readonly kind: 'pacman';
  readonly repositories: readonly Repository[];
  readonly databases: Databases;
  /** GnuPG's folder, an absolute path. */
  readonly keys: string;
  /** Names of packages that are installed: each as the databases have it, since Arch knows no partial upgrades. */
  readonly installed: readonly string[];
}

/** @throws Failure of kind `recipe` when no step before brought a base system */
export function worldBefore(before: readonly Resolution[]): PacmanWorld {
  const carry = before.at(-1)?.carry;
  if (typeof carry === 'object' && carry !== null && (carry as Partial<PacmanWorld>).kind === 'pacman')
    return carry as PacmanWorld;
  throw new Failure('recipe', {
    what: 'No step before this one says which repositories packages come from.',
    hint: 'Begin the recipe with a `pacstrap` step.',
  });
}
