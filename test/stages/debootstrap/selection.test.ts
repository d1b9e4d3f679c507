import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultArchive } from '../../../stages/debootstrap/default-archive.js';
import { baseInstalled, baseRequest, isBase } from '../../../stages/debootstrap/selection.js';
import { testFolder } from '../../artifacts/formats/tools.js';

describe('a base system', () => {
  const wishes = { suite: 'trixie', architecture: 'amd64', variant: 'minbase', include: ['zstd'] } as const;
  const within = '?narrow(?or(?archive(^trixie$),?codename(^trixie$)),?architecture(amd64),';

  it('begins with what mmdebstrap would choose', () => {
    expect(baseRequest(wishes)).toEqual({
      install: [`${within}?essential)`, 'zstd', `${within}?and(?or(?priority(required)),?not(?essential)))`],
      remove: [],
      recommends: false,
    });
    expect(baseRequest({ ...wishes, variant: 'standard' }).install.at(-1)).toBe(
      `${within}?and(?or(?priority(required),?priority(important),?priority(standard)),?not(?essential)))`,
    );
    expect(baseInstalled('trixie')).toEqual({});
  });

  it('is spared usrmerge where Debian 12 would bring it', () => {
    expect(baseRequest({ ...wishes, suite: 'bookworm' }).install[1]).toBe('usr-is-merged');
    expect(Object.keys(baseInstalled('bookworm'))).toEqual(['usr-is-merged all']);
  });

  it.each([
    ['Package: a\nEssential: yes', true],
    ['Package: a\nPriority: required', true],
    ['Package: a\nPriority: important', false],
    ['Package: zstd\nPriority: optional', true],
  ])('%j belongs to it by itself: %s', (stanza, belongs) => {
    expect(isBase(wishes, /Package: (.*)/.exec(stanza)?.[1] ?? '', stanza)).toBe(belongs);
  });
});

it('the default archive is that of a bootstrap tool', async () => {
  await using folder = await testFolder();
  const [one, two] = ['one', 'two'].map((name) => join(folder.path, name)) as [string, string];
  const places = [
    [one, /^archive (\S+)$/m],
    [two, /^mirror=(\S+)$/m],
  ] as const;
  expect(await defaultArchive(places)).toBeUndefined();
  await writeFile(two, 'mirror=http://two.example.org/debian\n');
  expect(await defaultArchive(places)).toBe('http://two.example.org/debian');
  await writeFile(one, '# tool\narchive http://one.example.org/debian\n');
  expect(await defaultArchive(places)).toBe('http://one.example.org/debian');
});
