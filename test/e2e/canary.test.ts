/** Secrets stay where they must be and nowhere else. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject, it } from 'vitest';
import { lunsmith } from '../util/cli.js';
import { writeClientRecipe } from '../util/client-recipe.js';

it('no secret of a recipe is in the image, the initramfs, logs or events', async () => {
  const home = join(inject('shared'), 'canary');
  await mkdir(home);
  // The canary is a password; the recipe refers to its hash, and only that may be in the image, in /etc/shadow.
  const canary = 'canary-7f3a9c51e0';
  const { stdout: hash } = await execa('openssl', ['passwd', '-6', '-salt', 'canary', '-stdin'], {
    input: canary,
  });
  const account = { uses: 'users', with: { root: { 'password-hash': 'env:ROOT_PASSWORD_HASH' } } };
  const folder = await writeClientRecipe(home, 'canary', { steps: [account] });
  const places = ['--output', join(home, 'out'), '--workspace', join(home, 'work')];
  const env = { ROOT_PASSWORD_HASH: hash, UNUSED_SECRET: canary };
  const result = await lunsmith(['build', folder, ...places, '--json'], { env });
  expect(result.exitCode).toBe(0);
  const grep = (what: string) => execa('grep', ['-rlaF', '--', what, home], { reject: false });
  expect((await grep(canary)).stdout).toBe('');
  const initramfs = join(home, 'initramfs');
  const packed = join(home, 'out', 'canary', 'latest', 'initrd.img');
  // zstd complains of the padding at the end; what counts is that it came as far as the initiator's files.
  await execa('sh', ['-c', 'zstd -dc "$1" > "$2"', 'unpack', packed, initramfs], { reject: false });
  const unpacked = await readFile(initramfs);
  expect(unpacked.includes('etc/iscsi.initramfs')).toBe(true);
  expect([canary, hash].filter((secret) => unpacked.includes(secret))).toEqual([]);
  // The image itself, and in the store the step's layer and what the image was made from; no record and no log.
  const holders = (await grep(hash)).stdout.split('\n').map((path) => path.slice(home.length + 1));
  const shown = holders.map((path) => path.replace(/[0-9a-f]{64}/g, 'DIGEST')).sort();
  expect(shown).toEqual([
    'out/canary/releases/DIGEST/disk.img',
    'work/store/steps/DIGEST/output/disk.img',
    'work/store/steps/DIGEST/output/disk.img',
    'work/store/steps/DIGEST/tree/etc/shadow',
  ]);
  const shadow = holders.find((path) => path.endsWith('/shadow')) ?? '';
  expect((await stat(join(home, shadow))).mode & 0o007).toBe(0);
  expect(`${result.stdout}${result.stderr}`).not.toContain(hash);
});
