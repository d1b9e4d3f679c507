/** open-iscsi for a root on iSCSI: found by the initramfs, kept by iscsid, never logged out. */
import { z } from 'zod';
import type { Manifest } from '../artifacts/release/manifest.js';
import { Failure } from '../base/failure.js';
import { defineStage } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { addPackage, unplayable } from './distribution/roles.js';
import type { PackageRequest, Role, Software } from './distribution/topics.js';
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
      'For several paths to the LUN, the `portals` of a target host: the initramfs gives an address to every card and logs in at each portal that ' +
        'answers, multipath-tools makes one disk of them, and a path that is lost is given up after seconds, not after a day. It works with one too.',
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
  check: ({ options: { settings, finalrd, multipath }, distribution }) => [
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
    ...(multipath
      ? unplayable(distribution, 'multipath', {
          path: ['multipath'],
          what: 'This distribution has nothing here that makes one disk of several paths.',
          expected: '`false`',
        })
      : []),
    ...(finalrd === true
      ? unplayable(distribution, 'late-logout', {
          path: ['finalrd'],
          what: 'This distribution has no finalrd.',
          expected: '`auto` or `false`',
        })
      : []),
  ],
  // What was asked for before there were several paths stays as it was: locks hold it.
  request: ({ finalrd, multipath }) => ({ finalrd, ...(multipath ? { multipath } : {}) }),
  async resolve(ctx) {
    const { finalrd, multipath } = ctx.options;
    const { packages, software } = distributionOf(ctx);
    const [name] = lateLogout(software);
    const available =
      name !== undefined && finalrd !== false && (finalrd === true || (await packages.offers(ctx, name)));
    return packages.resolve(
      ctx,
      requestOf([...(available ? [name] : []), ...(multipath ? onePackage(software, 'multipath') : [])]),
    );
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
    const { identity, multipath, settings, scheduler, 'scsi-timeout': scsiTimeout } = ctx.options;
    if (ctx.packages.length > 0)
      await packages.install(
        ctx,
        requestOf([
          ...lateLogout(software).filter((name) => ctx.packages.some((each) => each.name === name)),
          ...(multipath ? onePackage(software, 'multipath') : []),
        ]),
      );
    const path = initiator.configuration;
    const wanted = { ...sessionSettings(ctx.options), ...settings };
    await tree.write(path, editIscsidConf((await tree.read(path)) ?? '', wanted), { mode: 0o600 });
    await initiator.place(ctx, tree, { identity, multipath });
    if (multipath) ctx.record('multipath', true satisfies Manifest['multipath']);
    const rule = udevRule({ scsiTimeout: scsiTimeout ?? undefined, scheduler });
    if (rule !== undefined) await tree.write('/etc/udev/rules.d/71-iscsi-disks.rules', rule);
  },
});

const lateLogout = (software: Software) => onePackage(software, 'late-logout');

function onePackage(software: Software, role: Role): readonly string[] {
  return software.packagesFor(role).slice(0, 1);
}

function requestOf(install: readonly string[]): PackageRequest {
  return { install, remove: [], recommends: false };
}
