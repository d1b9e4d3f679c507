import { expect, it } from 'vitest';
import type { Event } from '../../../base/event.js';
import { openNativeTree } from '../../../pipeline/build/native-tree.js';
import { ports } from '../../artifacts/formats/tools.js';

type Build = Parameters<typeof openNativeTree>[0];

/** A build whose first step makes no root tree. @param tools packages of native tools that it was resolved to */
function build(tools: Build['tools'], native: object | undefined) {
  const events: Event[] = [];
  const steps = [{ id: 'hook' }, { id: 'root', distribution: { name: 'debian', native } }];
  const made = { tools, keyed: { plan: { steps } }, emit: (event: Event) => events.push(event) };
  return { ask: openNativeTree(made as unknown as Build), events };
}

it('a foreign root that was resolved without native tools is warned of, once', async () => {
  const { ask, events } = build([], {});
  expect(await Promise.all([ask('one', ports), ask('two', ports)])).toEqual([undefined, undefined]);
  expect(events).toMatchObject([{ type: 'warning', message: expect.stringContaining('emulated') as string }]);
});

it.each([
  ['a root of this host’s architecture', undefined, {}],
  ['a distribution that has none', [], undefined],
] as const)('%s has none, without a word', async (_, tools, native) => {
  const { ask, events } = build(tools, native);
  expect(await ask('one', ports)).toBeUndefined();
  expect(events).toEqual([]);
});
