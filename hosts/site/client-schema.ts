/** A client as `lunsmith.yaml` has it. The texts become docs/site.md and the JSON Schema. */
import { z } from 'zod';
import { BOOT_METHODS } from '../../artifacts/platform/platform.js';
import { sizeSchema } from '../../base/schema/size.js';
import { clientFilesSchema } from './client-files.js';
import {
  addressSchema,
  initiatorSchema,
  iqnSchema,
  macSchema,
  nameSchema,
  netmaskSchema,
  secretSchema,
  serialSchema,
  uuidSchema,
} from './values.js';

const imageKeys = {
  channel: z.string().describe('Channel that it follows.'),
  size: sizeSchema
    .optional()
    .describe(
      'Size of the LUN, such as `10G`; a larger one is grown into. Default: that of the release’s image.',
    ),
  target: iqnSchema
    .optional()
    .describe(
      'IQN that the storage array has for its LUN, where the host has `target: { kind: none }`. Default: one is made for each generation.',
    ),
  boot: z
    .enum(BOOT_METHODS)
    .optional()
    .describe(
      '`san`: the firmware reads the boot loader from the LUN; `direct`: iPXE loads kernel and initramfs; `tftp`: ' +
        'the firmware of a Raspberry Pi does. Default: `san`.',
    ),
};

const imageSchema = z.strictObject({
  name: nameSchema(32).describe('Unique in the client; its name in the menu.'),
  ...imageKeys,
  channel: imageKeys.channel.optional().describe('Channel that it follows. Either this, or `blank`.'),
  blank: sizeSchema
    .optional()
    .describe(
      'Size of a LUN that begins with nothing on it, such as `60G`: for data, or for a system that installs itself there. It is the client’s own, and no promotion changes it.',
    ),
  installer: z
    .string()
    .optional()
    .describe(
      'Channel of an installer for `blank`: it stands beside that LUN on the same target, and is started while nothing on the LUN boots, or by `client next CLIENT NAME-installer`. Default: none; what does not boot goes on to the next boot device, a CD or a stick.',
    ),
});

export const clientSchema = z.strictObject({
  host: z.string().optional().describe('The target host that it boots from. Default: the only one.'),
  mac: macSchema
    .optional()
    .describe(
      'MAC address of the network card that it boots from. A client has `mac`, `serial` or `uuid`, or several.',
    ),
  serial: serialSchema.optional().describe('Serial number of the machine as SMBIOS has it.'),
  uuid: uuidSchema.optional().describe('UUID of the machine as SMBIOS has it.'),
  initiator: initiatorSchema
    .optional()
    .describe(
      'Its iSCSI name: `iqn.`, `eui.` or `naa.`. Default: `PREFIX:client.NAME`, with the prefix of its host.',
    ),
  account: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'letters, digits, `.`, `_`, `:` and `-`')
    .optional()
    .describe('User of CHAP, unique in the site. Default: the name of the client.'),
  secret: secretSchema.describe(
    'Where the CHAP secret of 12 to 16 characters is: `env:NAME` or `file:PATH`, relative to this file. It is read when ' +
      'the client is added and when its secret is rotated. With `prompt:` before it (`prompt:file:PATH`) no boot file holds it: iPXE asks who sits ' +
      'at the machine, at each boot.',
  ),
  channel: imageKeys.channel.optional().describe('Channel that it follows. Either this or `images`.'),
  size: imageKeys.size,
  target: imageKeys.target,
  boot: imageKeys.boot,
  images: z
    .array(imageSchema)
    .min(1)
    .optional()
    .describe(
      'Several systems to choose from, instead of `channel`, `size` and `boot`; the first is the default.',
    ),
  'menu-seconds': z
    .int()
    .min(1)
    .max(3600)
    .optional()
    .describe('Seconds that the menu of several images waits. Default: 5.'),
  follows: z
    .enum(['promote', 'rebase'])
    .default('promote')
    .describe(
      'What a promotion does. `promote`: the next boot is a fresh clone of the new release, and the clone it had is kept ' +
        'for a rollback; `rebase`: nothing, until `client rebase`.',
    ),
  files: clientFilesSchema.describe(
    'Files of its own in the booted system, which come by its small archive: with `boot: direct` or `tftp`. Each takes the place of one of `files` of the site with the same path.',
  ),
  address: addressSchema.optional().describe('Static IPv4 address. Default: by DHCP.'),
  netmask: netmaskSchema
    .optional()
    .describe('Of the static address. Default: that of the network under `dhcp` of its host.'),
  gateway: addressSchema
    .optional()
    .describe('Beside the static address. Default: `router` under `dhcp` of its host.'),
  dns: addressSchema
    .optional()
    .describe('Beside the static address. Default: the first of `dns` under `dhcp` of its host.'),
});

/** A client as it is written. */
export type ClientText = z.input<typeof clientSchema>;
export type WrittenClient = z.output<typeof clientSchema>;
