/** A file that holds a disk image or a tar, in whatever it is wrapped: checked against its digest, then unwrapped. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256File } from '../../artifacts/formats/file-digest.js';
import { Failure } from '../../base/failure.js';
import type { Argv, Ports } from '../../base/ports.js';
import { readHead } from '../../base/regular-file.js';
import { parseRecord } from '../../base/schema/record.js';

export interface Unpacked {
  readonly kind: 'image' | 'tar';
  /** A raw image, or a tar that nothing is wrapped around. */
  readonly path: string;
}

interface Wrapping {
  readonly name: string;
  readonly magic: readonly number[];
  /** Pure: what writes the content of one file into another, as a sparse file where the tool can. */
  readonly argv: (from: string, to: string) => Argv;
  /** Holes have to be made afterwards. */
  readonly dense?: boolean;
}

/** Runs a tool that writes to its standard output, which is a file. */
const INTO = 'exec >"$1"; shift; exec "$@"';
const into = (to: string, ...argv: Argv): Argv => ['sh', '-c', INTO, 'sh', to, ...argv];

/** By the first bytes of a file: none of them is that of a disk image or a tar. */
const WRAPPINGS: readonly Wrapping[] = [
  {
    name: 'xz',
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    argv: (from, to) => into(to, 'xz', '--decompress', '--stdout', '--threads=0', '--', from),
  },
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    argv: (from, to) => ['zstd', '--decompress', '--quiet', '--sparse', '--long=31', '-o', to, from],
  },
  {
    name: 'gzip',
    magic: [0x1f, 0x8b],
    argv: (from, to) => into(to, 'gzip', '--decompress', '--stdout', '--', from),
    dense: true,
  },
  {
    name: 'zip',
    magic: [0x50, 0x4b, 0x03, 0x04],
    argv: (from, to) => into(to, 'unzip', '-p', from),
    dense: true,
  },
  {
    name: 'qcow2',
    magic: [0x51, 0x46, 0x49, 0xfb],
    argv: (from, to) => ['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', from, to],
  },
];

const TAR_MAGIC_AT = 257;
const HEAD_BYTES = 512;

/**
 * @param scratch a folder for what is unwrapped
 * @throws Failure of kind `integrity` for another file than the digest says, or one that is cut short
 */
export async function unpack(
  file: { readonly path: string; readonly sha256: string },
  scratch: string,
  ports: Ports,
): Promise<Unpacked> {
  await checkDigest(file, ports.signal);
  const head = await readHead(file.path, HEAD_BYTES);
  const wrapping = WRAPPINGS.find(({ magic }) => head.subarray(0, magic.length).equals(Buffer.from(magic)));
  if (wrapping === undefined) return { kind: kindOf(head), path: file.path };
  const path = join(scratch, 'unpacked');
  await asWhole(file.path, `a whole file in the format ${wrapping.name}`, async () => {
    const doing = `unpack ${file.path}`;
    if (wrapping.name === 'qcow2') await checkQcow2(file.path, ports);
    const bytes = wrapping.name === 'zip' ? await zippedBytes(file.path, ports) : undefined;
    await ports.run(wrapping.argv(file.path, path), { doing });
    // unzip(1) says nothing of a full disk.
    if (bytes !== undefined && (await stat(path)).size < bytes) throw full(file.path, bytes);
    if (wrapping.dense === true) await ports.run(['fallocate', '--dig-holes', path], { doing, quiet: true });
  });
  return { kind: kindOf(await readHead(path, HEAD_BYTES)), path };
}

/**
 * @param path of the file that the user named
 * @throws Failure of kind `integrity` in the place of that of a tool which could not read it
 */
export async function asWhole(path: string, expected: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    const failure = Failure.from(error);
    if (failure.kind !== 'tool') throw failure;
    throw new Failure(
      'integrity',
      {
        what: `${path} cannot be unpacked.`,
        expected,
        found: complaintOf(failure.command?.lastLines ?? []) ?? failure.diagnostics[0].what,
        hint: 'It is cut short or damaged: download it again, and take its sha256 from who made it.',
      },
      { cause: error, ...(failure.command === undefined ? {} : { command: failure.command }) },
    );
  }
}

/** What tar says last, whatever it was. */
const CLOSING = /^tar: (?:Exiting|Error is not recoverable)/;

function complaintOf(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => /^\w[\w-]*: /.test(line) && !CLOSING.test(line)) ?? lines.at(-1);
}

function full(path: string, bytes: number): Failure {
  return new Failure('space', {
    what: `The disk is full: could not unpack ${path}.`,
    expected: `${bytes} bytes`,
    hint: 'Free space where the workspace is, then run the same command again.',
  });
}

async function checkDigest(
  { path, sha256 }: { readonly path: string; readonly sha256: string },
  signal: AbortSignal,
): Promise<void> {
  const found = await sha256File(path, { signal });
  if (found === sha256) return;
  throw new Failure('integrity', {
    what: `${path} is another file than the recipe says.`,
    expected: `sha256 ${sha256}`,
    found: `sha256 ${found}`,
    hint: 'Download it again, or write the digest of this one into the recipe.',
  });
}

function kindOf(head: Buffer): Unpacked['kind'] {
  return head.toString('latin1', TAR_MAGIC_AT, TAR_MAGIC_AT + 5) === 'ustar' ? 'tar' : 'image';
}

const qcow2 = z.object({
  'backing-filename': z.string().optional(),
  encrypted: z.boolean().optional(),
  'format-specific': z.object({ data: z.object({ 'data-file': z.string().optional() }) }).optional(),
});
/** Of `qemu-img check`: 3 says only that space is lost in it. */
const SOUND = [0, 3];
const DAMAGED = 2;

/** A qcow2 may name files of the host that stand behind it, and reads as zeros where it is cut short. */
async function checkQcow2(path: string, { run }: Ports): Promise<void> {
  const quiet = { doing: `read the header of ${path}`, quiet: true };
  const { stdout } = await run(['qemu-img', 'info', '--output=json', '-f', 'qcow2', path], quiet);
  const info = parseRecord(stdout, qcow2, { file: path, what: `What qemu-img says of ${path}` });
  const other = info['backing-filename'] ?? info['format-specific']?.data['data-file'];
  if (other !== undefined) {
    throw new Failure('integrity', {
      what: `${path} is only a part of an image: it stands on ${other}.`,
      hint: 'Make one whole image of it: qemu-img convert -O qcow2 FROM TO.',
    });
  }
  if (info.encrypted === true) {
    throw new Failure('integrity', {
      what: `${path} is encrypted.`,
      hint: 'Convert it with its key (`qemu-img convert`), or import a tar of its system.',
    });
  }
  const options = { doing: `check ${path}`, quiet: true, okExitCodes: [...SOUND, DAMAGED] };
  const { exitCode } = await run(['qemu-img', 'check', '-f', 'qcow2', path], options);
  if (SOUND.includes(exitCode)) return;
  throw new Failure('integrity', {
    what: `${path} cannot be unpacked.`,
    expected: 'a whole file in the format qcow2',
    found: 'one that refers to more than it holds: `qemu-img check` lists what',
    hint: 'It is cut short or damaged: download it again, and take its sha256 from who made it.',
  });
}

/** Bytes of the one file in it. @throws Failure of kind `integrity` for none or several */
async function zippedBytes(path: string, { run }: Ports): Promise<number> {
  const options = { doing: `list ${path}`, quiet: true };
  const { stdout } = await run(['unzip', '-Z1', path], options);
  const names = stdout.split('\n').filter((name) => name !== '' && !name.endsWith('/'));
  if (names.length === 1) {
    const total = await run(['unzip', '-Zt', path], options);
    return Number(/, (\d+) bytes uncompressed/.exec(total.stdout)?.[1] ?? 0);
  }
  throw new Failure('integrity', {
    what: `${path} holds ${names.length === 0 ? 'no file' : 'more than one file'}.`,
    expected: 'one disk image',
    ...(names.length === 0 ? {} : { found: names.slice(0, 5).join(', ') }),
    hint: 'Unpack it, and import the image.',
  });
}

/** Programs for every wrapping. */
export const UNPACK_TOOLS = [
  { name: 'xz', package: 'xz-utils' },
  { name: 'zstd', package: 'zstd' },
  { name: 'unzip', package: 'unzip' },
  { name: 'qemu-img', package: 'qemu-utils' },
  { name: 'fallocate', package: 'util-linux' },
] as const;
