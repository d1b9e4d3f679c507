/** Another host name in a recipe that shares its base with one that was built. No time: which steps run. */
import type { Ground } from './ground.js';
import type { Row } from './measure.js';

const INSTALLING = ['debootstrap', 'packages'];

export async function sharedBase(ground: Ground): Promise<readonly Row[]> {
  const other = await ground.extend(
    'bench-host',
    `name: bench-host
extends: ../bench
steps:
  - name: hostname
    with:
      name: other
kernel: {}
`,
  );
  const { events } = await ground.build([other], ground.place);
  const ran = (among: readonly string[] | undefined) =>
    events.filter(
      (event) => event.type === 'task-started' && (among === undefined || among.includes(event.task)),
    ).length;
  return [
    {
      measure: 'hostname changed, base shared: package steps that run',
      unit: 'steps',
      ours: [ran(INSTALLING)],
      reference: { name: 'all steps that run', values: [ran(undefined)] },
      aim: { atMost: 0 },
    },
  ];
}
