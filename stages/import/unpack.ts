/** A file that holds a disk image or a tar, in whatever it is wrapped: checked against its digest, then unwrapped. */

import { join } from 'node:path';
import { sha256File } from '../../artifacts/formats/file-digest.js';
import { Failure } from '../../base/failure.js';
import type { Argv, Ports } from '../../base/ports.js';
import { readHead } from '../../base/regular-file.js';

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
  if (wrapping.name === 'qcow2') await refuseOtherFiles(file.path, ports);
  if (wrapping.name === 'zip') await refuseManyFiles(file.path, ports);
  try {
    const doing = `unpack ${file.path}`;
    await ports.run(wrapping.argv(file.path, path), { doing });
    if (wrapping.dense === true) await ports.run(['fallocate', '--dig-holes', path], { doing, quiet: true });
  } catch (error) {
    const failure = Failure.from(error);
    if (failure.kind !== 'tool') throw failure;
    throw new Failure(
      'integrity',
      {
        what: `${file.path} cannot be unpacked.`,
        expected: `a whole file in the format ${wrapping.name}`,
        found: failure.command?.lastLines.at(-1) ?? failure.diagnostics[0].what,
        hint: 'It is cut short or damaged: download it again, and take its sha256 from who made it.',
      },
      { cause: error, ...(failure.command === undefined ? {} : { command: failure.command }) },
    );
  }
  return { kind: kindOf(await readHead(path, HEAD_BYTES)), path };
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

/** A qcow2 may name files of the host that stand behind it. */
async function refuseOtherFiles(path: string, { run }: Ports): Promise<void> {
  const { stdout } = await run(['qemu-img', 'info', '--output=json', '-f', 'qcow2', path], {
    doing: `read the header of ${path}`,
    quiet: true,
  });
  const other = /"(?:full-)?backing-filename": "([^"]*)"|"data-file": "([^"]*)"/.exec(stdout);
  if (other === null) return;
  throw new Failure('integrity', {
    what: `${path} is only a part of an image: it stands on ${other[1] ?? other[2] ?? 'another file'}.`,
    hint: 'Make one whole image of it: qemu-img convert -O qcow2 FROM TO.',
  });
}

async function refuseManyFiles(path: string, { run }: Ports): Promise<void> {
  const { stdout } = await run(['unzip', '-Z1', path], { doing: `list ${path}`, quiet: true });
  const names = stdout.split('\n').filter((name) => name !== '' && !name.endsWith('/'));
  if (names.length === 1) return;
  throw new Failure('integrity', {
    what: `${path} holds more than one file.`,
    expected: 'one disk image',
    found: names.slice(0, 5).join(', '),
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
