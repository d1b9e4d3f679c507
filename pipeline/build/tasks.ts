/** What a build is going to do, known before it begins and without the code that does it. */
import type { TaskFacts } from '../../base/event.js';
import type { KeyedStep } from '../plan/keys/fingerprint.js';
import type { Plan } from '../plan/plan.js';
import type { HookEvent } from '../recipe/hook-events.js';

/** All tasks in order: hooks that the recipe has, steps, and the release itself. */
export function tasksOf(plan: Plan): TaskFacts[] {
  const hooks = (...events: HookEvent[]) =>
    events
      .filter((event) => plan.recipe.hooks[event] !== undefined)
      .map((event) => ({ id: event, title: `hook ${event}` }));
  const facts = (kind: KeyedStep['kind']) =>
    plan.steps.filter(({ stage }) => stage.kind === kind).map(({ id, title }) => ({ id, title }));
  const [first, ...others] = facts('rootfs');
  return [
    ...hooks('build:pre'),
    ...(first === undefined ? [] : [first]),
    ...hooks('rootfs:pre'),
    ...others,
    ...hooks('rootfs:post', 'image:pre'),
    ...facts('output'),
    ...hooks('image:post'),
    { id: 'release', title: 'release' },
    ...hooks('release:post'),
  ];
}
