/** Nothing changed since the last build, of a recipe with a lock and of one without. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { assertRan, type Ground } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';

/** The reference is the part that no program of this kind can save. */
export async function unchanged(ground: Ground): Promise<readonly Row[]> {
  const { recipe, place, run } = ground;
  const [lock, away] = [join(recipe, 'recipe.lock'), join(recipe, 'no-lock')];
  const withoutLock = async () => {
    await rename(lock, away);
    try {
      return await ground.build([recipe], place);
    } finally {
      await rename(away, lock);
    }
  };
  // The first one resolves the packages.
  await withoutLock();
  const { ours, unlocked, node } = await rounds(ground.rounds, async () => {
    const built = await ground.build([recipe], place);
    assertRan(built, []);
    const resolved = await withoutLock();
    assertRan(resolved, []);
    return {
      ours: built.took,
      unlocked: resolved.took,
      node: await seconds(() => run([process.execPath, '--eval', '0'], { doing: 'start node', quiet: true })),
    };
  });
  return [
    {
      measure: 'nothing changed: build again',
      unit: 's',
      ours,
      reference: { name: 'node that does nothing', values: node },
      aim: { atMost: 0.5 },
    },
    {
      measure: 'the same without a lock',
      unit: 's',
      ours: unlocked,
      reference: { name: 'with a lock', values: ours },
      aim: { atMost: 0.5 },
    },
  ];
}
