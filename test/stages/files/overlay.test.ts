import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { globToRegExp } from '../../../stages/files/glob.js';
import { listOverlay } from '../../../stages/files/listing.js';
import { renderTemplate } from '../../../stages/files/template.js';
import { failureOf, testFolder } from '../../artifacts/formats/tools.js';

describe('templates', () => {
  it.each([
    ['Listen @{port} on @{host}.', 'Listen 80 on a.'],
    ['@@{port} ${port} $port @port @ {port}', '@{port} ${port} $port @port @ {port}'],
    ['@{off}', 'false'],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(renderTemplate(text, { port: 80, host: 'a', off: false }, 'f')).toBe(expected);
  });

  it('refuse a placeholder without a value, at its place', () => {
    const failure = failureOf(() => renderTemplate('one\n two @{prot}\n', { port: 80 }, '/recipe/files/f'));
    expect(failure.kind).toBe('recipe');
    expect(failure.diagnostics).toEqual([
      {
        what: 'No value is given for the placeholder @{prot}.',
        place: { file: '/recipe/files/f', line: 2, column: 6, text: ' two @{prot}', length: 7 },
        expected: 'one of port',
        hint: 'Add it to `values` of the step. `@@{` stands for the characters `@{`.',
      },
    ]);
  });

  it.each([
    ['@{port', 'A placeholder has no end.'],
    ['@{toString}', 'No value is given for the placeholder @{toString}.'],
    ['@{}', 'No value is given for the placeholder @{}.'],
  ])('refuse %j', (text, what) => {
    expect(failureOf(() => renderTemplate(text, {}, 'f')).diagnostics[0].what).toBe(what);
  });
});

describe('patterns', () => {
  it.each([
    ['/etc/motd', '/etc/motd', true],
    ['/etc/motd', '/etc/motd.d', false],
    ['/etc/*', '/etc/a', true],
    ['/etc/*', '/etc/a/b', false],
    ['/etc/**', '/etc/a/b', true],
    ['/etc/**', '/etc', false],
    ['/**/*.sh', '/a.sh', true],
    ['/**/*.sh', '/x/y/a.sh', true],
    ['/x/?.c', '/x/a.c', true],
    ['/x/?.c', '/x/aaxc', false],
    ['/a+(b)', '/a+(b)', true],
  ])('%s and %s: %s', (pattern, path, matches) => {
    expect(globToRegExp(pattern).test(path)).toBe(matches);
  });
});

it('lists a folder, parents first, with nothing of the umask', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('etc/b'), { recursive: true, mode: 0o700 });
  await writeFile(folder.at('etc/a.conf'), '', { mode: 0o600 });
  await writeFile(folder.at('etc/b/run'), '');
  await chmod(folder.at('etc/b/run'), 0o710);
  await symlink('/etc/a.conf', folder.at('etc/b/link'));
  expect(await listOverlay(folder.path)).toEqual([
    { kind: 'directory', path: '/etc' },
    { kind: 'file', path: '/etc/a.conf', host: folder.at('etc/a.conf'), executable: false },
    { kind: 'directory', path: '/etc/b' },
    { kind: 'link', path: '/etc/b/link', target: '/etc/a.conf' },
    { kind: 'file', path: '/etc/b/run', host: folder.at('etc/b/run'), executable: true },
  ]);
});
