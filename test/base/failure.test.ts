import { expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';

it('takes a full disk as what it is', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(Failure.from(error).toRecord()).toEqual({
    kind: 'space',
    diagnostics: [
      {
        what: 'The disk is full.',
        found: 'ENOSPC: no space left on device, write',
        hint: 'Free space where the workspace and the output directory are, then run the same command again.',
      },
    ],
  });
});

it('tells why work failed, not what failed when it was cleaned up after', async () => {
  const work = async () => {
    await using _undone = { [Symbol.asyncDispose]: () => Promise.reject(new Error('not empty')) };
    throw new Failure('network', { what: 'The mirror is down.' });
  };
  const error: unknown = await work().catch((thrown: unknown) => thrown);
  expect(Failure.from(error).kind).toBe('network');
});
