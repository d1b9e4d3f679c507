import { expect, it } from 'vitest';
import { UndoStack } from '../../base/undo-stack.js';

function resource(name: string, given: string[], error?: Error): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: () => {
      given.push(name);
      return error === undefined ? Promise.resolve() : Promise.reject(error);
    },
  };
}

it('gives up what it holds in reverse order', async () => {
  const given: string[] = [];
  {
    await using stack = new UndoStack();
    for (const name of ['a', 'b', 'c']) stack.use(resource(name, given));
  }
  expect(given).toEqual(['c', 'b', 'a']);
});

it('hands everything over', async () => {
  const given: string[] = [];
  const stack = new UndoStack();
  stack.use(resource('a', given));
  const other = stack.move();
  await stack[Symbol.asyncDispose]();
  expect(given).toEqual([]);
  await other[Symbol.asyncDispose]();
  expect(given).toEqual(['a']);
});

it('goes on after an error, and throws the first', async () => {
  const given: string[] = [];
  const stack = new UndoStack();
  stack.use(resource('a', given));
  stack.defer(() => {
    given.push('b');
    return Promise.reject(new Error('second'));
  });
  stack.use(resource('c', given, new Error('first')));
  await expect(stack[Symbol.asyncDispose]()).rejects.toThrow('first');
  expect(given).toEqual(['c', 'b', 'a']);
});
