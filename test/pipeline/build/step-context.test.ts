import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { Event } from '../../../base/event.js';
import { Failure } from '../../../base/failure.js';
import { recipeUuid } from '../../../base/uuid.js';
import { openStepContext } from '../../../pipeline/build/step-context.js';
import { type AnyStage, defineStage, type KnownDistribution } from '../../../pipeline/stage.js';
import { debian } from '../../../stages/distribution/debian/index.js';
import { distributionOf } from '../../../stages/distribution/distribution.js';
import { stages } from '../../../stages/index.js';
import { lockedPackage } from '../../util/key-rig.js';
import { RIG_RECIPE } from '../../util/rig-recipe.js';

const { epoch: _, ...RIG_FACTS } = RIG_RECIPE;

function contextOf(stage: Partial<AnyStage>, options: unknown = {}, distribution?: KnownDistribution) {
  const events: Event[] = [];
  const recorded = new Map<string, unknown>([['earlier', 1]]);
  const run = vi.fn(() => Promise.resolve({ stdout: '', stderr: '', exitCode: 0 }));
  const open = openStepContext({
    step: {
      id: 'own-name',
      stage: defineStage({
        name: 'made-up',
        summary: 'Nothing.',
        kind: 'rootfs',
        options: z.unknown(),
        tools: [],
        run: async () => undefined,
        ...stage,
      }),
      options,
      distribution,
      title: '',
      place: { file: 'recipe.yaml', line: 1, column: 1 },
    },
    recipe: RIG_RECIPE,
    facts: RIG_FACTS,
    rootfs: '/rootfs',
    output: '/output',
    scratch: '/scratch',
    mirror: undefined,
    packages: [{ ...lockedPackage('vim'), file: '/pool/vim' }],
    record: (key, value) => void recorded.set(key, value),
    recorded: (key) => recorded.get(key),
    part: async (name, work) => {
      await work(`/parts/${name}`);
      return `/parts/${name}`;
    },
    digested: async () => undefined,
    ports: {
      run,
      start: () => Promise.reject(new Error('nothing is started')),
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
    },
  });
  return { context: open.context, open, events, recorded, run };
}

async function failureOf(act: () => unknown): Promise<Failure> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const FACTS = ['name', 'platform', 'disk', 'kernel'] as const;

describe('facts of the recipe', () => {
  it('are folder and architecture for every stage', () => {
    const { recipe } = contextOf({}).context;
    expect([recipe.folder, recipe.architecture]).toEqual([RIG_RECIPE.folder, RIG_RECIPE.architecture]);
  });

  it.each(FACTS)('have %s when it is declared', (fact) => {
    expect(contextOf({ facts: [fact] }).context.recipe[fact]).toBe(RIG_RECIPE[fact]);
  });

  it.each(FACTS)('have no %s when it is not declared', async (fact) => {
    const { recipe } = contextOf({ facts: FACTS.filter((each) => each !== fact) }).context;
    const failure = await failureOf(() => recipe[fact]);
    expect(failure.kind).toBe('internal');
    expect(failure.diagnostics).toEqual([
      {
        what: `The stage made-up reads the recipe's ${fact} and does not declare it in \`facts\`: its step's key would miss it.`,
      },
    ]);
  });

  it('have nothing for a stage that takes them all at once', async () => {
    const { recipe } = contextOf({ facts: ['name', 'platform', 'disk'] }).context;
    expect((await failureOf(() => ({ ...recipe }))).message).toBe(
      "The stage made-up reads the recipe's kernel and does not declare it in `facts`: its step's key would miss it.",
    );
  });

  it('give no UUID to a stage that does not declare the name', async () => {
    expect(contextOf({ facts: ['name'] }).context.uuid('filesystem/root')).toBe(
      recipeUuid('rig', 'filesystem/root'),
    );
    const failure = await failureOf(() => contextOf({}).context.uuid('filesystem/root'));
    expect([failure.kind, failure.message]).toEqual([
      'internal',
      "The stage made-up reads the recipe's name and does not declare it in `facts`: its step's key would miss it.",
    ]);
  });
});

describe('topics of the distribution', () => {
  it('are those that the stage asks', async () => {
    const about = contextOf({ asks: ['kernel'] }, {}, debian).context;
    expect(distributionOf(about).kernel).toBe(debian.kernel);
    const failure = await failureOf(() => distributionOf(about).traces);
    expect([failure.kind, failure.message]).toEqual([
      'internal',
      "The stage made-up asks its distribution for traces and does not declare it in `asks`: its step's key would miss it.",
    ]);
  });

  it('are none where no step made a root', async () => {
    const failure = await failureOf(() => distributionOf(contextOf({ asks: ['kernel'] }).context));
    expect([failure.kind, failure.message]).toEqual([
      'recipe',
      'No step tells which distribution the root tree is of.',
    ]);
  });

  it.each([...stages.values()].flatMap(({ name, asks = [] }) => asks.map((topic) => [name, topic])))(
    'that %s asks exist: %s',
    (_, topic) => {
      expect(debian).toHaveProperty(topic);
    },
  );
});

describe('secrets', () => {
  const stage: Partial<AnyStage> = { secrets: (options: { hash: string }) => [options.hash] };

  it('are those that the stage declares for its options', async () => {
    vi.stubEnv('LUNSMITH_TEST_SECRET', 'hidden');
    const { secret } = contextOf(stage, { hash: 'env:LUNSMITH_TEST_SECRET' }).context;
    expect(await secret('env:LUNSMITH_TEST_SECRET')).toBe('hidden');
    vi.unstubAllEnvs();
  });

  it.each<[string, Partial<AnyStage>]>([
    ['another one', stage],
    ['any when it declares none', {}],
  ])('are not %s, and no error names it', async (_, declared) => {
    const { secret } = contextOf(declared, { hash: 'env:LUNSMITH_TEST_SECRET' }).context;
    const failure = await failureOf(() => secret('env:LUNSMITH_TEST_OTHER'));
    expect(failure.kind).toBe('internal');
    expect(failure.diagnostics).toEqual([
      {
        what: "The stage made-up reads a secret and does not declare it in `secrets`: its step's key would miss it.",
      },
    ]);
  });
});

describe('the rest', () => {
  it('is handed on', async () => {
    const { context, recorded } = contextOf({}, { a: 1 });
    expect(context).toMatchObject({
      step: 'own-name',
      options: { a: 1 },
      rootfs: '/rootfs',
      output: '/output',
      scratch: '/scratch',
      mirror: undefined,
      epoch: RIG_RECIPE.epoch,
    });
    expect(context.packages.map(({ file }) => file)).toEqual(['/pool/vim']);
    expect(context.recorded('earlier')).toBe(1);
    context.record('kernel', '6.1');
    expect(recorded.get('kernel')).toBe('6.1');
    expect(await context.part('image', () => Promise.resolve())).toBe('/parts/image');
  });

  it('tells of its step', () => {
    const { context, events } = contextOf({});
    context.warn('Careful.');
    context.warn('Careful.', 'Look.');
    context.progress('unpack', 1, 2, 'packages');
    context.progress('unpack', 1, undefined, 'bytes');
    expect(events).toEqual([
      { type: 'warning', task: 'own-name', message: 'Careful.' },
      { type: 'warning', task: 'own-name', message: 'Careful.', hint: 'Look.' },
      { type: 'progress', task: 'own-name', what: 'unpack', done: 1, total: 2, unit: 'packages' },
      { type: 'progress', task: 'own-name', what: 'unpack', done: 1, unit: 'bytes' },
    ]);
  });

  it('mounts nothing unless a command runs in the tree', async () => {
    const { open, run } = contextOf({});
    await open[Symbol.asyncDispose]();
    expect(run).not.toHaveBeenCalled();
  });
});

describe('the shipped stages', () => {
  it.each([...stages.values()])('$name: a part counts only what its step counts', (stage) => {
    for (const part of Object.values(stage.parts ?? {})) {
      expect(stage.facts ?? []).toEqual(expect.arrayContaining([...part.facts]));
      const { shape } = stage.options as unknown as { shape: object };
      expect(Object.keys(shape)).toEqual(expect.arrayContaining([...part.options]));
    }
  });
});
