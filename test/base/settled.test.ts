import { expect, it } from 'vitest';
import { allSettled } from '../../base/settled.js';

it('gives the values of all, in order', async () => {
  const late = new Promise<string>((resolve) => setImmediate(() => resolve('late')));
  expect(await allSettled([late, Promise.resolve(2)])).toEqual(['late', 2]);
});

it('tells the first failure, in order, and not before all are done', async () => {
  const done: string[] = [];
  const slow = (name: string, fails: boolean) =>
    new Promise<void>((resolve, reject) =>
      setImmediate(() => {
        done.push(name);
        if (fails) reject(new Error(name));
        else resolve();
      }),
    );
  const work = allSettled([slow('a', false), slow('b', true), Promise.reject(new Error('at once'))]);
  await expect(work).rejects.toThrow('b');
  expect(done).toEqual(['a', 'b']);
});
