import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolVersions } from '../../../../pipeline/plan/keys/tool-versions.js';

const STATUS = `Package: mtools
Status: install ok installed
Architecture: amd64
Version: 4.0.33-1+really4.0.32-1
Description: Tools for manipulating MSDOS files
 Version: 1 is a text of the description.

Package: e2fsprogs
Essential: yes
Status: hold ok installed
Version: 1:1.47.0-2+b2

Package: grub-common
Status: deinstall ok config-files
Version: 2.06-13

Package: fdisk
Status: install ok half-configured
Version: 2.38.1-5
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tool-versions-'));
  await writeFile(join(folder, 'status'), STATUS);
});
afterEach(() => rm(folder, { recursive: true }));

const needs = (...packages: string[]) => packages.map((name) => ({ name: `tool-of-${name}`, package: name }));

it('are those of the packages that are installed, sorted', async () => {
  const found = await toolVersions(needs('mtools', 'e2fsprogs', 'mtools'), join(folder, 'status'));
  expect(Object.entries(found)).toEqual([
    ['e2fsprogs', '1:1.47.0-2+b2'],
    ['mtools', '4.0.33-1+really4.0.32-1'],
  ]);
});

it('are none for no tools', async () => {
  expect(await toolVersions([], join(folder, 'missing'))).toEqual({});
});

describe('a version that cannot be told is an error', () => {
  const expected = 'packages that dpkg has installed: what their tools make depends on their versions';

  it('of packages that are not there, removed, or not fully installed: all are named', async () => {
    const failing = toolVersions(
      needs('unknown', 'mtools', 'grub-common', 'fdisk', 'unknown'),
      join(folder, 'status'),
    );
    await expect(failing).rejects.toMatchObject({
      kind: 'host',
      diagnostics: [
        {
          what: 'The versions of these packages cannot be told: fdisk, grub-common, unknown.',
          expected,
          found: 'not installed',
          hint: 'As root: apt-get install --no-install-recommends fdisk grub-common unknown. On a host without dpkg, build in a container of Debian.',
        },
      ],
    });
  });

  it('on a host without dpkg', async () => {
    const database = join(folder, 'missing');
    await expect(toolVersions(needs('mtools'), database)).rejects.toMatchObject({
      kind: 'host',
      diagnostics: [
        {
          what: 'The version of the package mtools cannot be told.',
          expected,
          found: `${database}: ENOENT`,
        },
      ],
    });
  });

  it('of a package without a version', async () => {
    await writeFile(join(folder, 'status'), STATUS.replaceAll(/^Version: 4.*\n/gm, ''));
    await expect(toolVersions(needs('mtools'), join(folder, 'status'))).rejects.toMatchObject({
      kind: 'host',
    });
  });
});
