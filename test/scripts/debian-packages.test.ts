import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** In every Debian system: Essential, or Priority required. */
const ALWAYS_THERE = [
  'apt',
  'coreutils',
  'dpkg',
  'findutils',
  'grep',
  'gzip',
  'hostname',
  'mount',
  'sed',
  'tar',
];
/** Asked for on hosts that build for another architecture alone. */
const OTHER_ARCHITECTURES = ['grub-efi-arm64-bin'];
/** Of the image, not of this host. */
const IN_IMAGES = ['raspi-firmware'];

async function sources(): Promise<string[]> {
  const rooms = ['base', 'artifacts', 'hosts', 'gate', 'app', 'pipeline', 'stages', 'cli'];
  const files = await Promise.all(
    rooms.map(async (room) => (await readdir(room, { recursive: true })).map((file) => join(room, file))),
  );
  return Promise.all(
    files
      .flat()
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFile(file, 'utf8')),
  );
}

it('names the package of every tool that a stage or the boot gate needs', async () => {
  const texts = await sources();
  const needed = new Set(
    texts.flatMap((text) => [...text.matchAll(/package: '([a-z0-9.+-]+)'/g)].map((match) => match[1])),
  );
  const listed = (await readFile('scripts/debian-packages.txt', 'utf8')).split('\n');
  expect(needed.size).toBeGreaterThan(5);
  expect(
    [...needed].filter(
      (name) => ![...listed, ...ALWAYS_THERE, ...OTHER_ARCHITECTURES, ...IN_IMAGES].includes(name ?? ''),
    ),
  ).toEqual([]);
});

it('names each package once', async () => {
  const names = (await readFile('scripts/debian-packages.txt', 'utf8'))
    .split('\n')
    .filter((line) => /^[a-z]/.test(line));
  expect(names).toEqual([...new Set(names)]);
});
