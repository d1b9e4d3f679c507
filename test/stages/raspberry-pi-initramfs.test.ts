/** What an initramfs of a Raspberry Pi must hold, and what it must not. */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { writeCpio } from '../../artifacts/formats/cpio.js';
import { smallestProgram } from '../../pipeline/sandbox/foreign-elf.js';
import type { Architecture } from '../../pipeline/stage.js';
import { requireInitramfs } from '../../stages/raspberry-pi-firmware/initramfs.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { ports, testFolder } from '../artifacts/formats/tools.js';

const VERSION = '6.1.0-50-armmp-lpae';
const NET = `kernel/drivers/net`;
interface Wishes {
  /** Paths of programs and modules, and whose they are. */
  readonly files?: Readonly<Record<string, Architecture>>;
  readonly builtin?: string;
  readonly order?: string;
  readonly models?: readonly ('3B' | '3B+' | '4B' | '5')[];
}

async function judged({ files = {}, builtin = '', order = '', models = ['3B'] }: Wishes) {
  await using folder = await testFolder();
  const modules = folder.at(`usr/lib/modules/${VERSION}`);
  for (const path of [modules, folder.at('boot/firmware')]) await mkdir(path, { recursive: true });
  await writeFile(`${modules}/modules.builtin`, builtin);
  await writeFile(`${modules}/modules.order`, order);
  const entries = Object.entries(files).map(([path, machine]) => ({
    ...{ path, type: 'file' as const, mode: 0o755, uid: 0, gid: 0 },
    content: smallestProgram(machine),
  }));
  await writeFile(folder.at('boot/firmware/initrd.img'), writeCpio(entries));
  return await requireInitramfs(ports, rootTree(folder.path), {
    architecture: 'armhf',
    models,
    version: VERSION,
  }).then(
    () => 'fits',
    (error: unknown) => error,
  );
}

const CARD = { [`usr/lib/modules/${VERSION}/${NET}/usb/smsc95xx.ko`]: 'armhf' } as const;

it.each<Wishes>([
  { files: CARD },
  {
    files: { 'usr/bin/busybox': 'armhf', [`usr/lib/modules/${VERSION}/${NET}/usb/lan78xx.ko.xz`]: 'armhf' },
    models: ['3B+'],
  },
  {
    files: { 'usr/bin/busybox': 'armhf' },
    builtin: `${NET}/ethernet/broadcom/genet/genet.ko\n`,
    models: ['4B'],
  },
])('fits: %j', async (wishes) => {
  expect(await judged(wishes)).toBe('fits');
});

it.each<readonly [string, Wishes, object]>([
  [
    'a program of the machine that made it',
    { files: { ...CARD, 'usr/bin/sed': 'amd64' } },
    {
      what: 'The initramfs holds a file for another machine than the root: /usr/bin/sed',
      expected: 'armhf',
      found: 'amd64',
    },
  ],
  ['no program', {}, { what: 'The initramfs holds no program.', expected: 'programs for armhf' }],
  [
    'a kernel without the card of a model',
    { files: CARD, models: ['3B', '4B'] },
    {
      what: 'A Raspberry Pi 4B would not boot: its network card has no driver in the initramfs.',
      expected: 'the kernel module genet',
      found: `Linux ${VERSION}, which was built without it`,
      hint: 'Install another kernel, or name the models that the release is for (`models`).',
    },
  ],
  [
    'a module that was not put in',
    { files: CARD, models: ['3B+'], order: `${NET}/usb/lan78xx.ko\n` },
    {
      found: 'an initramfs without it',
      hint: 'Add `lan78xx` to `modules` of the step `initramfs`.',
    },
  ],
])('is refused with %s', async (_, wishes, diagnostic) => {
  expect(await judged(wishes)).toMatchObject({ diagnostics: [diagnostic] });
});
