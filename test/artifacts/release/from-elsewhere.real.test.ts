/** Malicious releases, and ones that a copy mangled: nothing hangs, and nothing outside is read. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MOST_FILE_BYTES } from '../../../artifacts/formats/most-file-bytes.js';
import { readRelease, verifyRelease } from '../../../artifacts/release/release.js';
import { createPorts } from '../../../base/command.js';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import { Failure } from '../../../base/failure.js';
import { smallManifest } from '../../util/manifest.js';

const { run } = createPorts({ emit: () => undefined, signal: new AbortController().signal });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-elsewhere-'));
  await mkdir(join(folder, 'boot'));
  await mkdir(join(folder, 'proofs'));
  await writeFile(join(folder, 'disk.img'), 'disk');
  await writeFile(join(folder, 'boot', 'x.ipxe'), '#!ipxe\n');
  await manifest();
});
afterEach(() => rm(folder, { recursive: true }));

const sha = (text: string) => `sha256:${sha256OfText(text)}`;

async function manifest(changed: object = {}): Promise<void> {
  const artifacts = [
    { role: 'ipxe-script', path: 'boot/x.ipxe', bytes: 7, digest: sha('#!ipxe\n') },
    { role: 'lun-image', path: 'disk.img', bytes: 4, digest: sha('disk'), ...changed },
  ];
  await writeFile(join(folder, 'manifest.json'), canonicalJson({ ...smallManifest(), artifacts, boot: [] }));
}

const readIt = () => readRelease(folder).then(() => undefined, Failure.from);
const at = (path: string) => join(folder, path);
const replace = async (path: string, by: (path: string) => unknown) => {
  await rm(at(path), { recursive: true });
  await by(at(path));
};
const pipe = (path: string) => execFileSync('mkfifo', [path]);

it('is read when it is what it says', async () => {
  expect(await verifyRelease(await readRelease(folder), { run })).toEqual([]);
});

describe.each(['disk.img', 'boot/x.ipxe', 'manifest.json'])('in place of %s', (path) => {
  it.each([
    ['a pipe', pipe],
    ['a folder', (file: string) => mkdir(file)],
    ['a device', (file: string) => symlink('/dev/zero', file)],
    [
      'a link to the right file',
      async (file: string) => {
        await writeFile(join(folder, '..', 'lunsmith-elsewhere-file'), 'disk');
        await symlink(join(folder, '..', 'lunsmith-elsewhere-file'), file);
      },
    ],
  ])('%s is refused', async (_title, make) => {
    await replace(path, make);
    const failure = await readIt();
    expect(failure?.kind).toBe('integrity');
    expect(failure?.message).toContain(path);
    expect(failure?.message).toContain('regular file');
  });
});

it('a folder that leads elsewhere is refused', async () => {
  await rename(at('boot'), at('proofs/boot'));
  await symlink('proofs/boot', at('boot'));
  expect((await readIt())?.message).toContain('boot/x.ipxe is no regular file in it');
});

describe('among the proofs', () => {
  it.each([
    ['a pipe', pipe, 'no regular file'],
    ['a folder', (file: string) => mkdir(file), 'no regular file'],
    [
      'a large file',
      async (file: string) => {
        await writeFile(file, '');
        await truncate(file, 2 ** 40);
      },
      'too large',
    ],
    [
      'a text that is no proof',
      (file: string) => writeFile(file, '{"format":"lunsmith-proof/1"}'),
      'Missing key',
    ],
    ['half a text', (file: string) => writeFile(file, '{"format":'), 'it is no JSON here'],
  ])('%s is refused with its place', async (_title, make, words) => {
    await make(at('proofs/bios-san.json'));
    const failure = await readIt();
    expect(failure?.kind).toBe('integrity');
    expect(failure?.message).toContain(words);
    const { place, what } = failure?.diagnostics[0] ?? {};
    expect(place?.file ?? what).toContain(at('proofs/bios-san.json'));
  });

  it('more than there are cells', async () => {
    for (let each = 0; each < 100; each += 1) await writeFile(at(`proofs/${each}.json`), '{}');
    expect((await readIt())?.diagnostics[0]).toMatchObject({ found: '100' });
  });
});

it('a file of any size costs no memory: the manifest says how large it may be', async () => {
  await truncate(at('disk.img'), 2 ** 43);
  expect(await verifyRelease(await readRelease(folder), { run })).toEqual([
    `disk.img: ${2 ** 43} bytes instead of 4`,
  ]);
  await manifest({ bytes: MOST_FILE_BYTES + 1, digest: `fsverity:${'0'.repeat(64)}` });
  expect((await readIt())?.message).toContain('Invalid value of `bytes`');
});

it('what is not in the manifest is told of, whatever it is, and not at any length', async () => {
  pipe(at('a-pipe'));
  await symlink('/etc/passwd', at('boot/a-link'));
  const release = await readRelease(folder);
  expect(await verifyRelease(release, { run })).toEqual([
    'a-pipe: not in the manifest',
    'boot/a-link: not in the manifest',
  ]);
  await mkdir(at('many'));
  for (let each = 0; each < 200; each += 1) await writeFile(at(`many/${each}`), '');
  const problems = await verifyRelease(release, { run });
  expect([problems.length, problems.at(-1)]).toEqual([21, 'and more that is not in the manifest']);
});

it('a manifest with more files than a release has is refused', async () => {
  const { artifacts, ...rest } = JSON.parse(await readFile(at('manifest.json'), 'utf8')) as {
    artifacts: object[];
  };
  const many = Array.from({ length: 10_001 }, (_, each) => ({ ...artifacts[0], path: `f/${each}` }));
  await writeFile(at('manifest.json'), canonicalJson({ ...rest, artifacts: many }));
  expect((await readIt())?.message).toContain('Invalid value of `artifacts`');
});
