import { expect, it } from 'vitest';
import { maskOf } from '../../base/mask.js';

it('hides secrets in every text, the longer ones first', () => {
  const mask = maskOf(['secret-1', 'secret-1-and-more']);
  const told = {
    type: 'output',
    line: 'a secret-1 b secret-1-and-more',
    found: ['secret-1', 7, undefined],
    none: null,
  };
  expect(mask(told)).toEqual({
    ...{ type: 'output', line: 'a ******** b ********', found: ['********', 7, undefined], none: null },
  });
});

it('hides each line of a secret, and a secret as JSON writes it', () => {
  const secret = 'first "line"\nsecond\\line\n';
  const mask = maskOf([secret]);
  expect(mask('x second\\line y')).toBe('x ******** y');
  expect(mask(JSON.stringify({ msg: secret, line: 'first "line"' }))).toBe(
    '{"msg":"********","line":"********"}',
  );
});

it('leaves words alone that are as short as others', () => {
  const mask = maskOf(['root', '      \n']);
  expect(mask('root      said')).toBe('root      said');
});
