/** open-iscsi for a root on iSCSI: found by the initramfs, kept by iscsid, never logged out. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage } from '../pipeline/stage.js';
import { installPooled } from './distribution/debian/apt/install.js';
import { resolveRequest, unchanged } from './distribution/debian/apt/resolve.js';
import { knownPackages } from './distribution/debian/apt/solve.js';
import { namesOf, worldBefore } from './distribution/debian/apt/world.js';
import { hasPackage } from './distribution/debian/dpkg.js';
import { editIscsidConf, sessionSettings } from './iscsi-initiator/iscsid-conf.js';
import {
  INITIATOR_NAME,
  ISCSID_DROP_IN,
  ISCSID_DROP_IN_PATH,
  iscsiInitramfsText,
  udevRule,
} from './iscsi-initiator/texts.js';
import { enableUnit, hasUnit } from './rootfs/systemd.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const options = z.strictObject({
  identity: z
    .enum(['ibft', 'cmdline'])
    .default('ibft')
    .describe(
      'Where the initramfs finds target, initiator and secret: in the iBFT that the firmware or iPXE left (`ibft`), or on the kernel ' +
        'command line (`cmdline`). A per-client initrd overrides both.',
    ),
  chap: z
    .boolean()
    .default(true)
    .describe(
      'Write `node.session.auth.authmethod = CHAP` for sessions that the booted system starts; the secret is not stored.',
    ),
  multipath: z
    .boolean()
    .default(false)
    .describe(
      'Timers for several paths to the LUN (give up after 15 s), instead of those for one path (wait for a day).',
    ),
  settings: z
    .record(
      z.string().regex(/^[a-z][A-Za-z0-9_.[\]]*$/, 'a key of iscsid.conf'),
      z.string().regex(/^[^\n]*$/, 'one line'),
    )
    .default({})
    .describe(
      'More settings of iscsid.conf; they win over the ones above. No secret: the image is not the place for it.',
    ),
  'scsi-timeout': z
    .int()
    .min(1)
    .nullable()
    .default(180)
    .describe(
      'Seconds until the kernel gives up a SCSI command on an iSCSI disk. `null`: leave the 30 s of the kernel.',
    ),
  scheduler: z
    .enum(['none', 'keep'])
    .default('none')
    .describe(
      'I/O scheduler of iSCSI disks: `none`, since the target orders requests itself, or `keep` what the kernel chose.',
    ),
  finalrd: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe(
      'Install finalrd, which logs out cleanly after the root is unmounted: if the archive has it (`auto`), always, or never.',
    ),
});
type Options = z.output<typeof options>;

const FINALRD = { install: ['finalrd'], remove: [], recommends: false };

export const iscsiInitiator = defineStage({
  name: 'iscsi-initiator',
  summary:
    'Configure open-iscsi so that the root disk is found at boot, survives outages, and lets the machine shut down.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ identity }) => identity,
  options,
  tools: [],
  check: ({ options: given }) =>
    Object.keys(given.settings).flatMap((key) =>
      key.includes('password')
        ? [
            {
              path: ['settings', key],
              what: 'A secret cannot be part of an image.',
              hint: 'iscsid takes the secret of the root session from the kernel; other targets get theirs on the client.',
            },
          ]
        : [],
    ),
  request: ({ finalrd }) => ({ finalrd }),
  async resolve(ctx) {
    const { finalrd } = ctx.options;
    const world = worldBefore(ctx.before);
    const wanted = finalrd !== false && !namesOf(world).includes('finalrd');
    const available = wanted && (finalrd === true || (await knownPackages(ctx, world)).includes('finalrd'));
    return available ? resolveRequest(ctx, FINALRD) : unchanged(world);
  },
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    if (!(await hasPackage(tree, 'open-iscsi'))) {
      throw new Failure('recipe', {
        what: 'The package open-iscsi is not installed.',
        hint: 'Add `open-iscsi` (and `busybox`, for a default route) to a `packages` step before this one.',
      });
    }
    if (ctx.packages.length > 0) await installPooled(ctx, FINALRD);
    await configure(ctx.options, tree);
    if (!(await hasPackage(tree, 'busybox', 'busybox-static'))) {
      ctx.warn(
        'Without busybox the initramfs sets no default route from the iBFT: targets beyond a router are not reached.',
        'Add `busybox` to a `packages` step.',
      );
    }
  },
});

async function configure(given: Options, tree: RootTree): Promise<void> {
  const path = '/etc/iscsi/iscsid.conf';
  const settings = { ...sessionSettings(given), ...given.settings };
  await tree.write(path, editIscsidConf((await tree.read(path)) ?? '', settings), { mode: 0o600 });
  await tree.write('/etc/iscsi/iscsi.initramfs', iscsiInitramfsText(given.identity), { mode: 0o600 });
  await tree.write('/etc/iscsi/initiatorname.iscsi', INITIATOR_NAME, { mode: 0o600 });
  const rule = udevRule({ scsiTimeout: given['scsi-timeout'] ?? undefined, scheduler: given.scheduler });
  if (rule !== undefined) await tree.write('/etc/udev/rules.d/71-iscsi-disks.rules', rule);
  // It takes the session over from the initramfs: without it nothing reconnects after an outage.
  if (await hasUnit(tree, 'iscsid.service')) {
    await enableUnit(tree, 'iscsid.service', 'sysinit.target');
    await tree.write(ISCSID_DROP_IN_PATH, ISCSID_DROP_IN);
  }
}
