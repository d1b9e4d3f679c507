import { describe, expect, it } from 'vitest';
import { consoleSchema, milestoneSign, signWords, symptomSign } from '../../../artifacts/release/console.js';
import { loginPrompt } from '../../../gate/session.js';
import { CONSOLE } from '../../util/manifest.js';

const signs = (...kernel: string[]) => ({ signs: { kernel } });

describe('a sign', () => {
  it.each([
    ['Loading, ', 'Loading, please wait...', true],
    ['Loading, ', '  Loading, please wait...', true],
    ['Loading, ', 'Still Loading, please wait...', false],
    ['*ready', 'the root is ready now', true],
    ['*ready', 'the root is not there', false],
    ['a*b*c', 'a1b2c3', true],
    ['a*b*c', 'a1c2b3', false],
    ['*ab*ab', 'ab', false],
    // A regular expression's own characters are text.
    ['*(a+)+$', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', false],
    ['*(a+)+$', 'the pattern (a+)+$ itself', true],
    ['*[', 'an open [ bracket', true],
  ])('`%s` in `%s`: %s', (sign, line, found) => {
    expect(milestoneSign(line, signs(sign))).toBe(found ? 'kernel' : undefined);
  });

  it('is told for people', () => {
    expect(signWords(signs('*iscsistart: *failed', 'Starting '), 'kernel')).toBe(
      'iscsistart: …failed, or Starting',
    );
    expect(signWords(signs('x'), 'emergency')).toBeUndefined();
  });

  it('from elsewhere costs no more time than its line and itself are long', () => {
    const worst = signs(...Array.from({ length: 50 }, () => `${'*a'.repeat(99)}b`));
    expect(consoleSchema.parse({ device: 'ttyS0', ...worst })).toEqual({ device: 'ttyS0', ...worst });
    expect(milestoneSign('a'.repeat(1 << 20), worst)).toBeUndefined();
  });
});

it.each([
  [{ signs: { kernel: [''] } }],
  [{ signs: { kernel: ['*'] } }],
  [{ signs: { kernel: ['two\nlines'] } }],
  [{ signs: { kernel: ['x'.repeat(201)] } }],
  [{ signs: { kernel: Array.from({ length: 51 }, () => 'x') } }],
  [{ signs: { 'san-login': ['x'] } }],
  [{ login: '' }],
  [{ login: ' \n' }],
  [{ device: '../tty0' }],
])('refuses a console of %o', (change) => {
  expect(consoleSchema.safeParse({ ...CONSOLE, ...change }).success).toBe(false);
});

it('tells milestones and symptoms apart', () => {
  expect(symptomSign('(initramfs) ', CONSOLE)).toBe('initramfs-shell');
  expect(milestoneSign('(initramfs) ', CONSOLE)).toBeUndefined();
});

it.each([
  [' login:', 'proto login: ', true],
  [' login:', 'who wants to login: ', false],
  ['@(a+)+$:', 'proto@(a+)+$:', true],
  ['@(a+)+$:', 'proto@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', false],
])('the words `%s` of a login prompt are text: `%s`', (words, line, found) => {
  expect(loginPrompt(words).test(`\n${line}`)).toBe(found);
});
