/** The last step: what belongs to this build or to one machine leaves the image. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { readHead } from '../base/regular-file.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import type { Software } from './distribution/topics.js';
import { addUnit, hasSystemd } from './rootfs/systemd.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { removeTraces } from './seal/clean.js';
import { ELF_HEAD_BYTES, elfArchitecture } from './seal/elf.js';
import { misfit } from './seal/machines.js';
import { ROOT, SEALED_ROOT } from './things.js';

const options = z.strictObject({
  'machine-id': z
    .enum(['empty', 'keep'])
    .default('empty')
    .describe('Empty /etc/machine-id, so that each client makes its own at its first boot; or keep it.'),
  'ssh-host-keys': z
    .enum(['remove', 'keep'])
    .default('remove')
    .describe('Remove the SSH host keys and let each client make its own before sshd starts; or keep them.'),
  remove: z
    .array(
      z
        .string()
        .regex(/^\/(?!.*(^|\/)\.\.?(\/|$))[^/].*$/, 'an absolute path in the image without `.` and `..`'),
    )
    .default([])
    .describe('More paths to remove from the image.'),
});
type Options = z.output<typeof options>;

export const seal = defineStage({
  name: 'seal',
  summary: 'Empty the machine ID, remove host keys, logs and caches.',
  kind: 'rootfs',
  requires: [ROOT],
  provides: [SEALED_ROOT],
  options,
  tools: [],
  asks: ['software', 'traces'],
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    await assertArchitecture(ctx, tree);
    const { guard, software, traces } = distributionOf(ctx);
    ctx.record('packages', await software.installed(tree));
    for (const path of ctx.options.remove) await tree.remove(path);
    await removeTraces(tree, traces);
    if (ctx.options['machine-id'] === 'empty') await emptyMachineId(tree);
    if (ctx.options['ssh-host-keys'] === 'remove') await removeHostKeys(tree, software);
    for (const { path, purpose } of guard.files) {
      if (!(await tree.exists(path))) continue;
      ctx.warn(`The image holds ${path}, which ${purpose}.`, 'Remove it in the recipe if it is a left-over.');
    }
  },
});

/** A foreign or mixed tree boots nowhere, and says so only on the client. */
async function assertArchitecture(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const shell = await tree.resolve('/bin/sh');
  if (shell === undefined) {
    throw new Failure('integrity', {
      what: 'The root tree has no /bin/sh.',
      hint: 'The recipe must begin with a step that creates a base system, such as `debootstrap`.',
    });
  }
  const { architecture } = ctx.recipe;
  const found = elfArchitecture(await readHead(shell, ELF_HEAD_BYTES));
  if (found !== architecture) throw otherMachine('/bin/sh', architecture, found);
  // Packages of another architecture beside the root's are the recipe's own wish.
  const { software } = distributionOf(ctx);
  const beside = (other: string) => other !== architecture && ARCHITECTURES.has(other);
  if ((await software.installed(tree)).some((each) => beside(each.architecture))) return;
  const wrong = misfit(ctx.rootfs, architecture);
  if (wrong !== undefined) throw otherMachine(wrong.path, architecture, wrong.found);
}

/** Debian's names, as its packages have them. */
const ARCHITECTURES: ReadonlySet<string> = new Set(['amd64', 'arm64', 'armhf', 'armel', 'i386', 'riscv64']);

function otherMachine(path: string, expected: string, found: string): Failure {
  return new Failure('integrity', {
    what: `${path} of the root tree is for another machine.`,
    expected,
    found,
    hint: 'Look for a step that copied files of another architecture over the tree.',
  });
}

/**
 * An empty file makes each client's own at boot; a missing one would make the boot a "first boot" (machine-id(5)), which
 * resets which units are enabled.
 */
async function emptyMachineId(tree: RootTree): Promise<void> {
  await tree.write('/etc/machine-id', '', { mode: 0o444 });
  await tree.remove('/var/lib/dbus/machine-id');
  if (await tree.exists('/var/lib/dbus')) await tree.link('/var/lib/dbus/machine-id', '/etc/machine-id');
}

/**
 * `ssh-keygen -A` makes what is missing; the condition keeps it from running at every boot. Debian 12 brings nothing of
 * the kind; Debian 13 brings a unit for first boots, which the boot of an image with an empty machine ID is not.
 */
const keygenUnit = (server: string) => `[Unit]
Description=Generate the SSH host keys of this machine
Before=${server}
ConditionPathExists=|!/etc/ssh/ssh_host_ecdsa_key
ConditionPathExists=|!/etc/ssh/ssh_host_ed25519_key
ConditionPathExists=|!/etc/ssh/ssh_host_rsa_key

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=${server}
`;

async function removeHostKeys(tree: RootTree, software: Software): Promise<void> {
  for (const name of await tree.names('/etc/ssh')) {
    if (/^ssh_host_.*key(\.pub)?$/.test(name)) await tree.remove(`/etc/ssh/${name}`);
  }
  const server = software.unitFor('ssh-server');
  if (server !== undefined && (await software.has(tree, 'ssh-server')) && (await hasSystemd(tree))) {
    await addUnit(tree, 'ssh-host-keys.service', keygenUnit(server), server);
  }
}
