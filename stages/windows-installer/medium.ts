/**
 * The installation medium of Windows: what lies on it, and which firmware a LUN with its files can be booted by. `check` asks before
 * anything runs, so that all of it is read synchronously; the step asks again.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { BOOT_MANAGER } from '../../artifacts/formats/grub-ntldr.js';
import { readUdfTree, type UdfFile } from '../../artifacts/formats/udf-read/tree.js';
import { openUdf } from '../../artifacts/formats/udf-read/volume.js';
import { PC, type PcFirmware } from '../../artifacts/platform/pc.js';
import { Failure } from '../../base/failure.js';

/** The image that both boot managers load whole, in lower case. */
const BOOT_IMAGE = 'sources/boot.wim';

export interface Medium {
  /** Path of the ISO. */
  readonly iso: string;
  readonly files: readonly UdfFile[];
  /** The programs by which firmware starts it; at least one. */
  readonly loaders: Readonly<Partial<Record<PcFirmware, UdfFile>>>;
  readonly bootImage: UdfFile;
}

/** @throws Failure of kind `recipe` when the file is no medium of Windows, `integrity` when it is damaged */
export function readMedium(iso: string): Medium {
  const facts = statSync(iso, { throwIfNoEntry: false });
  if (facts === undefined)
    throw new Failure('recipe', {
      what: `${iso} does not exist.`,
      expected: 'the ISO of an installation medium of Windows',
      hint: 'Name it: `--set iso=/path/win.iso`.',
    });
  if (!facts.isFile()) throw new Failure('recipe', { what: `${iso} is no file.`, expected: 'an ISO' });
  const fd = openSync(iso, 'r');
  try {
    return mediumOf(iso, readUdfTree(openUdf({ fd, bytes: facts.size, name: iso })));
  } finally {
    closeSync(fd);
  }
}

function mediumOf(iso: string, files: readonly UdfFile[]): Medium {
  const named = (path: string) => files.find((file) => file.path.toLowerCase() === path.toLowerCase());
  const bootImage = named(BOOT_IMAGE);
  const [bios, uefi] = [named(BOOT_MANAGER), named(PC.architectures.amd64.efiBootFile)];
  const folders = new Set(files.map(({ path }) => path.split('/')[0]));
  const found = [...folders].sort().slice(0, 12).join(', ') || 'an empty disc';
  if (bootImage === undefined) {
    throw new Failure('recipe', {
      what: `${iso} is no installation medium of Windows: it has no ${BOOT_IMAGE}.`,
      expected: `the folder \`sources\` with boot.wim`,
      found,
    });
  }
  if (bios === undefined && uefi === undefined) {
    throw new Failure('recipe', {
      what: `No 64-bit machine can be started by ${iso}.`,
      expected: `${BOOT_MANAGER} for a BIOS, or ${PC.architectures.amd64.efiBootFile} for a UEFI`,
      found,
    });
  }
  return { iso, files, bootImage, loaders: { ...(bios && { bios }), ...(uefi && { uefi }) } };
}
