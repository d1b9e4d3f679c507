/** The boot matrix of both shipped recipes, by the command line, and that no secret is left anywhere. */
import { copyFile, cp, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { cellName, type Proof } from '../../artifacts/release/proof.js';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { MILESTONES } from '../../base/event.js';
import { shippedRelease } from '../util/build.js';
import { type CliResult, lunsmith } from '../util/cli.js';

const RIGHT = ['bios-san', 'uefi-san', 'bios-direct', 'uefi-direct'];
const WRONG = ['bios-san-wrong-secret', 'bios-direct-wrong-secret'];

describe.each(['debian-bookworm', 'debian-trixie'] as const)('%s', (recipe) => {
  let path: string;
  let result: CliResult;
  let proofs: ReadonlyMap<string, Proof>;
  beforeAll(async () => {
    path = await shippedRelease(recipe);
    const workspace = join(inject('shared'), 'workspace');
    result = await lunsmith(['prove', path, '--workspace', workspace, '--json']);
    proofs = new Map((await readRelease(path)).proofs.map((proof) => [cellName(proof.cell), proof]));
  });

  it('passes as a whole', () => {
    const last = result.events.at(-1);
    expect(last?.type === 'failed' ? last.failure : undefined).toBeUndefined();
    expect(result.exitCode).toBe(0);
    expect([...proofs.keys()].sort()).toEqual([...RIGHT, ...WRONG].sort());
  });

  it.each(RIGHT)('%s boots, keeps a file over a reboot, and powers off', (cell) => {
    const proof = proofs.get(cell);
    expect(proof?.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(proof?.passed).toBe(true);
    const reached = (boot: number) =>
      proof?.milestones.filter((each) => each.boot === boot).map(({ milestone }) => milestone) ?? [];
    for (const boot of [1, 2]) {
      expect(reached(boot).at(-1)).toBe('login');
      // In the order of the chain, none twice.
      expect(reached(boot)).toEqual(MILESTONES.filter((milestone) => reached(boot).includes(milestone)));
      expect(reached(boot)).toContain('initramfs-login');
    }
  });

  it.each(WRONG)('%s is refused', (cell) => {
    const proof = proofs.get(cell);
    expect(proof?.passed).toBe(true);
    expect(proof?.milestones.map(({ milestone }) => milestone)).not.toContain('login');
    expect(proof?.checks.map(({ name }) => name)).toContain('the login is refused');
  });

  it('leaves the release as it was, with evidence beside it', async () => {
    const release = await readRelease(path);
    expect(await verifyRelease(release)).toEqual([]);
    const picture = await readFile(join(release.path, 'proofs', 'bios-san', 'login-1.png'));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(await readFile(join(release.path, 'proofs', 'uefi-san', 'console.log'), 'utf8')).toContain(
      'login:',
    );
  });
});

it('no secret of a recipe is in the image, the initramfs, logs or events', async () => {
  const home = join(inject('shared'), 'canary');
  await mkdir(home);
  // The canary is a password; the recipe refers to its hash, and only that may be in the image, in /etc/shadow.
  const canary = 'canary-7f3a9c51e0';
  const { stdout: hash } = await execa('openssl', ['passwd', '-6', '-salt', 'canary', '-stdin'], {
    input: canary,
  });
  const folder = join(home, 'recipe');
  await cp('recipes/debian-bookworm', folder, { recursive: true });
  const text = await readFile(join(folder, 'recipe.yaml'), 'utf8');
  await execa('tee', [join(folder, 'recipe.yaml')], {
    input: text
      .replace('authorized-keys: []', 'password-hash: env:ROOT_PASSWORD_HASH')
      .replace('name: debian-bookworm', 'name: canary'),
  });
  await copyFile('recipes/debian-bookworm/package.json', join(folder, 'package.json'));
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
