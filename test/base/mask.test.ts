import { expect, it } from 'vitest';
import { maskOf } from '../../base/mask.js';

const line = (secrets: readonly string[], text: string) => maskOf(secrets)({ line: text }).line;

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

it('leaves what names things alone, whatever a secret is called', () => {
  const mask = maskOf(['network', 'output', 'ansible', 'release']);
  const told = {
    ...{ type: 'output', kind: 'network', task: 'ansible', step: 'ansible', log: '/a/release/network.log' },
    command: { argv: ['ansible', '-v'], lastLines: ['the network is down'] },
    diagnostics: [
      { what: 'no network', path: ['network'], place: { file: 'release', line: 1, text: 'ansible:' } },
    ],
  };
  expect(mask(told)).toEqual({
    ...{ type: 'output', kind: 'network', task: 'ansible', step: 'ansible', log: '/a/release/network.log' },
    command: { argv: ['********', '-v'], lastLines: ['the ******** is down'] },
    diagnostics: [
      { what: 'no ********', path: ['network'], place: { file: 'release', line: 1, text: '********:' } },
    ],
  });
});

it('hides each line of a secret without its indentation, and a secret as JSON writes it and a shell shows it', () => {
  const secret = 'first "line"\n  second\\line\nit\'s third\n';
  expect(line([secret], 'x second\\line y')).toBe('x ******** y');
  expect(line([secret], JSON.stringify({ msg: secret, line: 'first "line"' }))).toBe(
    '{"msg":"********\\n","line":"********"}',
  );
  expect(line([secret], "+ echo 'it'\\''s third'")).toBe("+ echo '********'");
});

it('takes what stands for something else in a regular expression as it is', () => {
  expect(line(['a.c|(d)*[e]$^+?{1}'], 'abc|(d) a.c|(d)*[e]$^+?{1}')).toBe('abc|(d) ********');
});

it('hides the beginning of a secret at the end of a long text, which may have been cut', () => {
  const before = 'x'.repeat(1000);
  expect(line(['secret-and-more'], `${before}secret-an`)).toBe(`${before}********`);
  expect(line(['secret-and-more'], `${before}secre`)).toBe(`${before}secre`);
  expect(line(['secret-and-more'], 'secret-an')).toBe('secret-an');
});

it('leaves words alone that are as short as others', () => {
  expect(line(['root', '      \n'], 'root      said')).toBe('root      said');
});
