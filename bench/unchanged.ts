/** Nothing changed since the last build. */
import { assertRan, type Ground } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';

/** The reference is the part that no program of this kind can save. */
export async function unchanged(ground: Ground): Promise<readonly Row[]> {
  const { recipe, place, run } = ground;
  const { ours, node } = await rounds(ground.rounds, async () => {
    const built = await ground.build([recipe], place);
    assertRan(built, []);
    return {
      ours: built.took,
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
  ];
}
