/** open-iscsi for a root on iSCSI: found by the initramfs, kept by iscsid, never logged out. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { addPackage, unplayable } from './distribution/roles.js';
import type { PackageRequest, Software } from './distribution/topics.js';
import { udevRule } from './iscsi-initiator/disk-tuning.js';
import { editIscsidConf, sessionSettings } from './iscsi-initiator/iscsid-conf.js';
import { rootTree } from './rootfs/tree.js';
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
      'Install finalrd, which logs out cleanly after the root is unmounted: if the distribution and its archive have it (`auto`), always, or never.',
    ),
});
export const iscsiInitiator = defineStage({
  name: 'iscsi-initiator',
  summary:
    'Configure open-iscsi so that the root disk is found at boot, survives outages, and lets the machine shut down.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ identity }) => identity,
  options,
  tools: [],
  asks: ['software', 'packages', 'initiator'],
  check: ({ options: { settings, finalrd }, distribution }) => [
    ...Object.keys(settings).flatMap((key) =>
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
    ...(finalrd === true
      ? unplayable(distribution, 'late-logout', {
          path: ['finalrd'],
          what: 'This distribution has no finalrd.',
          expected: '`auto` or `false`',
        })
      : []),
  ],
  request: ({ finalrd }) => ({ finalrd }),
  async resolve(ctx) {
    const { finalrd } = ctx.options;
    const { packages, software } = distributionOf(ctx);
    const request = lateLogout(software);
    const [name] = request.install;
    const available =
      name !== undefined && finalrd !== false && (finalrd === true || (await packages.offers(ctx, name)));
    return packages.resolve(ctx, available ? request : { ...request, install: [] });
  },
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const { software, packages, initiator } = distributionOf(ctx);
    if (!(await software.has(tree, 'initiator'))) {
      const [name = 'of an initiator'] = software.packagesFor('initiator');
      throw new Failure('recipe', {
        what: `The package ${name} is not installed.`,
        hint: `${addPackage(software, 'initiator')}.`,
      });
    }
    if (ctx.packages.length > 0) await packages.install(ctx, lateLogout(software));
    const { identity, settings, scheduler, 'scsi-timeout': scsiTimeout } = ctx.options;
    const path = initiator.configuration;
    const wanted = { ...sessionSettings(ctx.options), ...settings };
    await tree.write(path, editIscsidConf((await tree.read(path)) ?? '', wanted), { mode: 0o600 });
    await initiator.place(ctx, tree, { identity });
    const rule = udevRule({ scsiTimeout: scsiTimeout ?? undefined, scheduler });
    if (rule !== undefined) await tree.write('/etc/udev/rules.d/71-iscsi-disks.rules', rule);
  },
});

function lateLogout(software: Software): PackageRequest {
  return { install: software.packagesFor('late-logout').slice(0, 1), remove: [], recommends: false };
}
