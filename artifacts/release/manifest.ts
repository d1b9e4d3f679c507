/**
 * The manifest: the description of all files of one build, each by its role. Its canonical bytes' sha256 is the release's digest;
 * proofs come later, name that digest, and lie beside it in `proofs/`, so that proving does not change what is proven.
 * Readers find a file by its role (roles.ts), never by its name.
 */

import { z } from 'zod';
import { Failure } from '../../base/failure.js';
import { checkRecord, parseRecord } from '../../base/schema/record.js';
import { OVERLAYS } from '../formats/disk-spec.js';
import { MOST_FILE_BYTES } from '../formats/most-file-bytes.js';
import { LOADERS } from '../platform/loader.js';
import { BOOT_METHODS, FIRMWARE } from '../platform/platform.js';
import { PLATFORM_IDS } from '../platform/platforms.js';
import { consoleSchema } from './console.js';
import { DIGEST_PATTERN } from './file-digests.js';

export const MANIFEST_FORMAT = 'lunsmith-manifest/2';

/** What a file of a release is for. `other`: nothing here reads it, such as what a hook adds. */
export const ROLES = [
  'lun-image',
  'kernel',
  'initramfs',
  'command-line',
  'ipxe-script',
  /** The script by which iPXE starts WinPE of an installer out of memory, and what it loads. */
  'winpe-script',
  'winpe',
  /** What a Raspberry Pi loads before its kernel, and its config.txt. */
  'firmware',
  'device-tree',
  'other',
] as const;
export type Role = (typeof ROLES)[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Relative to the release; it becomes part of paths and URLs on other hosts. */
const path = z
  .string()
  .regex(
    /^(?!(?:manifest\.json$|proofs(?:\/|$)))(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+)*$/u,
  );
const role = z.enum(ROLES);

/** Firmware folders have hundreds. */
const MOST_FILES = 10_000;
/** More than there are. */
const MOST_METHODS = 100;

const artifactSchema = z.strictObject({
  role,
  path,
  /** Apparent size, bytes. */
  bytes: z.number().int().min(0).max(MOST_FILE_BYTES),
  /** `sha256:HEX`, or `fsverity:HEX` of a disk image. */
  digest: z.string().regex(DIGEST_PATTERN),
});

const bootSchema = z.strictObject({
  method: z.enum(BOOT_METHODS),
  /** The firmware whose machines boot by it; absent: all of the platform. */
  firmware: z.array(z.enum(FIRMWARE)).min(1).max(FIRMWARE.length).optional(),
  /** The files that this method needs, by their roles. */
  artifacts: z.partialRecord(role, path),
});

export const manifestSchema = z
  .strictObject({
    format: z.literal(MANIFEST_FORMAT),
    recipe: z.strictObject({ name: z.string(), version: z.string().optional(), sha256 }),
    /** Kind of machine that it is for. */
    platform: z.enum(PLATFORM_IDS),
    /** In Debian's words. */
    architecture: z.string(),
    /** SOURCE_DATE_EPOCH of the build, seconds since 1970. */
    epoch: z.number().int(),
    /** `ID` and `VERSION_ID` of the root's os-release(5): `debian`, `12`. Absent where there is no Linux in it. */
    distribution: z.strictObject({ id: z.string(), version: z.string().optional() }).optional(),
    /** Absent where the release has no kernel of its own. */
    kernel: z.strictObject({ version: z.string(), commandLine: z.string() }).optional(),
    /** What it shows on its serial console. Absent where nothing of it is known: then no boot of it can be judged. */
    console: consoleSchema.optional(),
    /**
     * Of a release whose boot loader starts no Linux of ours, so that nothing asks who logs in: it is started once this many bytes of
     * the LUN are read, more than all that comes before it reads.
     */
    loader: z
      .strictObject({
        reads: z.number().int().min(1),
        /** Bytes of the smallest LUN on which it installs its system. */
        installs: z.number().int().min(1).optional(),
      })
      .optional(),
    /** Its initramfs logs in by every path to the LUN that it is told of and makes one disk of them; else it is told of one at a time. */
    multipath: z.literal(true).optional(),
    /** Id of the tagged VLAN of the boot NIC by which its initramfs reaches the LUN; absent: without a tag. */
    vlan: z.number().int().min(1).max(4094).optional(),
    /** Its initramfs gives the booted system the files that come in a client's small archive (client-part.ts). */
    clientFiles: z.literal(true).optional(),
    /** Every file of the release but the manifest itself and the proofs, sorted by path. */
    artifacts: z.array(artifactSchema).max(MOST_FILES),
    boot: z.array(bootSchema).max(MOST_METHODS),
    /** What the LUN image holds. */
    disk: z.strictObject({
      table: z.enum(['gpt', 'mbr']),
      /** Absent: GRUB, or what the platform has. */
      loader: z.enum(LOADERS).optional(),
      bytes: z.number().int(),
      /** Its root is never written to, and all clients share one LUN (disk-spec.ts). */
      overlay: z.enum(OVERLAYS).optional(),
      guid: z.string(),
      partitions: z.array(
        z.strictObject({
          number: z.number().int(),
          name: z.string(),
          /** GPT type GUID upper case, or MBR type as two hex digits. */
          type: z.string(),
          guid: z.string(),
          /** LBA of 512-byte sectors. */
          firstLba: z.number().int(),
          /** Length in 512-byte sectors. */
          sectors: z.number().int(),
          filesystem: z.enum(['ext4', 'btrfs', 'vfat', 'swap']).optional(),
          filesystemUuid: z.string().optional(),
          mount: z.string().optional(),
          grow: z.boolean(),
        }),
      ),
    }),
    /** Absent where no package manager knows of any. */
    packages: z
      .array(z.strictObject({ name: z.string(), version: z.string(), architecture: z.string() }))
      .optional(),
    /** Versions of the host's tools that wrote the release. */
    tools: z.record(z.string(), z.string()),
    lunsmith: z.string(),
  })
  .superRefine(({ artifacts, boot }, context) => {
    const complain = (message: string, ...where: (string | number)[]) =>
      context.addIssue({ code: 'custom', message, path: where });
    const roles = new Map<string, Role>();
    for (const [index, each] of artifacts.entries()) {
      if (roles.has(each.path)) complain('a path that no other artifact has', 'artifacts', index, 'path');
      if (each.role === 'lun-image' && [...roles.values()].includes('lun-image'))
        complain('one LUN image at most', 'artifacts', index, 'role');
      roles.set(each.path, each.role);
    }
    for (const [index, each] of boot.entries()) {
      if (boot.findIndex(({ method }) => method === each.method) < index)
        complain('a method that no other entry has', 'boot', index, 'method');
      for (const [wanted, at] of Object.entries(each.artifacts)) {
        if (roles.get(at) !== wanted)
          complain(`the path of an artifact with the role ${wanted}`, 'boot', index, 'artifacts', wanted);
      }
    }
  });

export type Manifest = z.output<typeof manifestSchema>;
export type Artifact = Manifest['artifacts'][number];
/** A file whose role is not told yet. */
export type ReleaseFile = Omit<Artifact, 'role'>;

/** A manifest of thousands of packages and files has some hundred kB. */
export const MOST_MANIFEST_BYTES = 16 * 1024 * 1024;

const formatSchema = z.looseObject({ format: z.string() });

/**
 * A manifest from its text.
 * @param where how messages name its folder
 * @throws Failure of kind `integrity`, with the place, for another format and for what is no manifest
 */
export function parseManifest(text: string, where: string): Manifest {
  const file = `${where}/manifest.json`;
  const hint = 'Build the release again: npx lunsmith build RECIPE --output OUT';
  const known = checkRecord(text, formatSchema, file);
  if ('value' in known && known.value.format !== MANIFEST_FORMAT) {
    throw new Failure('integrity', {
      what: `${where} is a release of another version of lunsmith.`,
      expected: `a manifest of the format ${MANIFEST_FORMAT}`,
      found: known.value.format.slice(0, 100),
      hint,
    });
  }
  return parseRecord(text, manifestSchema, { file, what: `The manifest of ${where}`, hint });
}
