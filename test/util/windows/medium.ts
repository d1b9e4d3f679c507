/**
 * An installation medium like those of Windows, without a byte of Microsoft's: a UDF disc whose boot managers are programs of ours that
 * tell on COM1 what they were started from (bootmgr.c, bootx64.c). Compilers make them once in a run.
 */
import { createCipheriv } from 'node:crypto';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { shared } from '../shared.js';

const SOURCES = 'test/util/windows';
const EFI_INCLUDES = ['-I/usr/include/efi', '-I/usr/include/efi/x86_64'];
const BIOS_FLAGS = [
  ...['-m16', '-march=i386', '-Os', '-ffreestanding', '-fno-pic', '-fno-pie', '-fno-stack-protector'],
  ...['-fomit-frame-pointer', '-fno-asynchronous-unwind-tables', '-fcf-protection=none', '-Wall', '-Werror'],
];
const EFI_FLAGS = [
  ...['-fpic', '-O2', '-ffreestanding', '-fno-stack-protector', '-fno-strict-aliasing', '-fshort-wchar'],
  ...['-mno-red-zone', '-maccumulate-outgoing-args', '-Wall', '-Werror'],
];
/** Sections that firmware loads (gnu-efi, README.gnuefi). */
const EFI_SECTIONS = [
  '.text',
  '.sdata',
  '.data',
  '.dynamic',
  '.dynsym',
  '.rel',
  '.rela',
  '.rel.*',
  '.rela.*',
  '.reloc',
];

/** Paths of both boot managers. */
async function bootManagers(): Promise<{ readonly bios: string; readonly uefi: string }> {
  const folder = await shared('boot-managers', async (partial) => {
    const tool = (argv: readonly string[]) => execa(argv[0] as string, argv.slice(1), { cwd: partial });
    const source = (name: string) => resolve(SOURCES, name);
    await tool(['gcc', ...BIOS_FLAGS, '-c', source('bootmgr.c'), '-o', 'bootmgr.o']);
    const flat = ['-m', 'elf_i386', '-T', source('bootmgr.ld'), '--oformat', 'binary'];
    await tool(['ld', ...flat, '-o', 'bootmgr', 'bootmgr.o']);
    await tool(['gcc', ...EFI_INCLUDES, ...EFI_FLAGS, '-c', source('bootx64.c'), '-o', 'bootx64.o']);
    const linked = [
      '-nostdlib',
      '-znocombreloc',
      '-shared',
      '-Bsymbolic',
      '-T',
      '/usr/lib/elf_x86_64_efi.lds',
    ];
    const objects = ['/usr/lib/crt0-efi-x86_64.o', 'bootx64.o', '-L/usr/lib', '-lefi', '-lgnuefi'];
    await tool(['ld', ...linked, '-o', 'bootx64.so', ...objects]);
    const sections = EFI_SECTIONS.flatMap((name) => ['-j', name]);
    await tool(['objcopy', ...sections, '--target=efi-app-x86_64', 'bootx64.so', 'bootx64.efi']);
  });
  return { bios: join(folder, 'bootmgr'), uefi: join(folder, 'bootx64.efi') };
}

/** Bytes of `sources/boot.wim` on a medium of ours: more than all that comes before the boot manager reads. */
export const BOOT_IMAGE_BYTES = 16 * 1024 * 1024;

/** The same bytes each time, no two sectors alike. */
export function bootImage(bytes = BOOT_IMAGE_BYTES): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** What both boot managers make of a content: eight hex digits. */
export function checksumOf(content: Buffer): string {
  let sum = 0;
  for (let at = 0; at < content.length; at += 4) sum = (Math.imul(sum, 31) + content.readUInt32LE(at)) >>> 0;
  return sum.toString(16).padStart(8, '0');
}

/** Writes a disc with these files, by their paths on it. @returns its path */
export async function writeDisc(
  folder: string,
  files: Readonly<Record<string, string | Buffer | { readonly file: string }>>,
  how: readonly string[] = ['-udf', '-allow-limited-size', '-J'],
): Promise<string> {
  const [tree, iso] = [join(folder, 'tree'), join(folder, 'disc.iso')];
  await mkdir(tree, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    const to = join(tree, path);
    await mkdir(dirname(to), { recursive: true });
    if (typeof content === 'string' || Buffer.isBuffer(content)) await writeFile(to, content);
    else await copyFile(content.file, to);
  }
  await execa('genisoimage', ['-quiet', ...how, '-input-charset', 'utf-8', '-o', iso, tree]);
  return iso;
}

/** The files of a medium by which machines with a BIOS and with a UEFI come to its boot managers. */
export async function mediumFiles(): Promise<Record<string, Buffer | { readonly file: string }>> {
  const { bios, uefi } = await bootManagers();
  return {
    bootmgr: { file: bios },
    'efi/boot/bootx64.efi': { file: uefi },
    'sources/boot.wim': bootImage(),
  };
}

/** The files that wimboot starts WinPE with, besides. */
export const WINPE_FILES = { 'boot/bcd': 'the BCD of the medium', 'boot/boot.sdi': 'its SDI' } as const;

/**
 * Writes what stands in for wimboot where a UEFI starts it: the boot manager itself, with the mark of a Linux kernel, which lies in the name of
 * a section of it that nobody reads. @returns its path
 */
export async function writeWimboot(folder: string): Promise<string> {
  const { uefi } = await bootManagers();
  const program = await readFile(uefi);
  program.write('HdrS', 0x202, 'latin1');
  const path = join(folder, 'wimboot');
  await writeFile(path, program);
  return path;
}

/** Segment at which the boot manager of a BIOS begins (bootmgr.ld). */
const SEGMENT = 0x2000;
const SECTOR = 512;

/** A CD from which a BIOS starts the boot manager itself (El Torito, without emulation). @returns its path */
export async function writeBootDisc(folder: string): Promise<string> {
  const { bios } = await bootManagers();
  const sectors = Math.ceil((await stat(bios)).size / SECTOR);
  const where = ['-boot-load-seg', String(SEGMENT), '-boot-load-size', String(sectors)];
  return writeDisc(folder, { bootmgr: { file: bios } }, ['-b', 'bootmgr', '-no-emul-boot', ...where]);
}
