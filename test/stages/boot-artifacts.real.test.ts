import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../artifacts/formats/tools.js';
import { CONSOLE } from '../util/manifest.js';
import { RIG_RECIPE } from '../util/rig-recipe.js';
import { runStages } from '../util/stage-rig.js';

/** Makes a tree with a kernel's header and an initramfs of `bytes` bytes. */
function bootFiles(bytes: number) {
  const script = [
    'set -e',
    'mkdir -p /boot',
    'truncate -s 4096 /boot/vmlinuz-6.1.0-50-amd64',
    'printf HdrS | dd of=/boot/vmlinuz-6.1.0-50-amd64 bs=1 seek=514 conv=notrunc status=none',
    "printf '\\000\\001' | dd of=/boot/vmlinuz-6.1.0-50-amd64 bs=1 seek=526 conv=notrunc status=none",
    'printf "6.1.0-50-amd64 (x)" | dd of=/boot/vmlinuz-6.1.0-50-amd64 bs=1 seek=768 conv=notrunc status=none',
    'ln -s boot/vmlinuz-6.1.0-50-amd64 /vmlinuz',
    `head -c ${bytes} /dev/urandom > /boot/initrd.img-6.1.0-50-amd64`,
    'chmod 600 /boot/initrd.img-6.1.0-50-amd64',
    'ln -s boot/initrd.img-6.1.0-50-amd64 /initrd.img',
  ];
  return { uses: 'run', with: { script: script.join('\n') } };
}

it('writes what a boot server hands out, and nothing of a client', async () => {
  await using rig = await runStages([bootFiles(1001), { uses: 'boot-artifacts' }]);
  expect(rig.failure).toBeUndefined();
  const text = (path: string) => readFile(join(rig.output, path), 'utf8');
  const root = 'root=UUID=55555555-5555-4555-8555-555555555556 ro console=ttyS0,115200';
  expect(await text('boot/cmdline.san')).toBe(`${root} iscsi_auto\n`);
  expect(await text('boot/cmdline.direct')).toBe(`${root}\n`);
  expect(await text('boot/direct.ipxe')).toContain(`initrd=client.img ${root} ip=\${client-ip}`);
  expect(await text('boot/sanboot.ipxe')).toMatch(/^#!ipxe\n/);
  expect(rig.records['kernel']).toEqual({ version: '6.1.0-50-amd64', commandLine: `${root} iscsi_auto` });
  expect(rig.records['console']).toEqual(CONSOLE);
  const files = ['vmlinuz', 'initrd.img'].map((path) => join(rig.output, path));
  expect(await Promise.all(files.map(async (path) => ((await stat(path)).mode & 0o777).toString(8)))).toEqual(
    ['644', '644'],
  );
  // The initramfs ends where another archive may begin.
  expect((await stat(join(rig.output, 'initrd.img'))).size).toBe(1004);
  const names = await run(['find', rig.output, '-type', 'f', '-printf', '%P\n'], { doing: 'list the files' });
  expect(names.stdout.trim().split('\n').sort()).toEqual([
    'boot/cmdline.direct',
    'boot/cmdline.san',
    'boot/direct.ipxe',
    'boot/sanboot.ipxe',
    'initrd.img',
    'vmlinuz',
  ]);
});

it('refuses an initramfs with nothing in it', async () => {
  await using rig = await runStages([bootFiles(0), { uses: 'boot-artifacts' }], { recipe: RIG_RECIPE });
  expect(rig.failure?.kind).toBe('integrity');
  expect(rig.failure?.message).toBe('The initramfs is empty.');
});
