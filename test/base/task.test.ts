import { describe, expect, it } from 'vitest';
import type { Event } from '../../base/event.js';
import { runTask, type TaskWords } from '../../base/task.js';

const SECONDS = expect.any(Number) as number;

async function told<T>(work: () => Promise<T>, words?: TaskWords<T>) {
  const events: Event[] = [];
  const outcome = await runTask((event) => events.push(event), 'a', work, words).catch(
    (error: unknown) => error,
  );
  return { events, outcome };
}

describe('a task', () => {
  it('is told of from its beginning to its end', async () => {
    const { events, outcome } = await told(() => Promise.resolve(7));
    expect(outcome).toBe(7);
    expect(events).toEqual([
      { type: 'task-started', task: 'a' },
      { type: 'task-finished', task: 'a', seconds: SECONDS },
    ]);
  });

  it('says why, and what came of it', async () => {
    const words = { because: ['the recipe changed'], note: (result: number) => `${result} files` };
    const { events } = await told(() => Promise.resolve(7), words);
    expect(events).toEqual([
      { type: 'task-started', task: 'a', because: ['the recipe changed'] },
      { type: 'task-finished', task: 'a', seconds: SECONDS, note: '7 files' },
    ]);
  });

  it('has failed when its result says so', async () => {
    const passed = (result: number) => result > 7;
    const { events, outcome } = await told(() => Promise.resolve(7), { passed });
    expect(outcome).toBe(7);
    expect(events.at(-1)).toEqual({ type: 'task-failed', task: 'a', seconds: SECONDS });
    const noted = await told(() => Promise.resolve(7), { passed, note: () => 'not decided' });
    expect(noted.events.at(-1)).toMatchObject({ type: 'task-failed', note: 'not decided' });
  });

  it('throws on what its work threw', async () => {
    const error = new Error('no');
    const { events, outcome } = await told(() => Promise.reject(error));
    expect(outcome).toBe(error);
    expect(events).toEqual([
      { type: 'task-started', task: 'a' },
      { type: 'task-failed', task: 'a', seconds: SECONDS },
    ]);
  });
});
