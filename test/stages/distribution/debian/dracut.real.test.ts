/** An initramfs by dracut: generated in a root of Debian 12 as a build does it, and judged by lsinitrd(1), by shellcheck and by our own reader. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadCpioEntry } from '../../../../artifacts/formats/cpio.js';
import { readInitramfs } from '../../../../artifacts/release/initramfs.js';
import {
  MODULE_FILES,
  OVERLAY_FILE,
} from '../../../../stages/distribution/debian/initramfs/dracut/module.js';
import { ports } from '../../../artifacts/formats/tools.js';
import { RIG_RECIPE } from '../../../util/rig-recipe.js';
import { runStages, type StageRig } from '../../../util/stage-rig.js';

describe.each([...MODULE_FILES, OVERLAY_FILE])('%s', (path, text) => {
  it('is a script in which shellcheck finds nothing', async () => {
    // The least shell that dracut puts in is dash. Files of the initramfs are not here, nor the variables that dracut sets.
    const shell = path.endsWith('module-setup.sh') ? 'bash' : 'dash';
    const options = [`--shell=${shell}`, '--exclude=SC1091,SC2013,SC2015,SC2154', '-'];
    const { stdout } = await execa('shellcheck', options, { input: text, reject: false });
    expect(stdout).toBe('');
  });
});

const PACKAGES = [
  ...['linux-image-cloud-amd64', 'dracut', 'dracut-network', 'klibc-utils'],
  ...['zstd', 'open-iscsi', 'iproute2', 'udev', 'systemd-sysv', 'e2fsprogs'],
];

describe('an initramfs', () => {
  let rig: StageRig;
  let members: ReadonlyMap<string, ReadCpioEntry>;
  beforeAll(async () => {
    rig = await runStages(
      [
        { uses: 'packages', with: { install: PACKAGES } },
        { uses: 'iscsi-initiator', with: {} },
        { uses: 'run', with: { script: 'ls /boot > /srv/before' } },
        { uses: 'initramfs', with: { modules: ['dummy', 'loop max_loop=8'] } },
        { uses: 'boot-artifacts', with: {} },
      ],
      { recipe: { disk: { ...RIG_RECIPE.disk, overlay: 'tmpfs' } } },
    );
    expect(rig.failure).toBeUndefined();
    const archives = await readInitramfs(await readFile(join(rig.output, 'initrd.img')), ports);
    members = new Map(archives?.flat().map((member) => [member.path, member]));
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const textOf = (path: string) => {
    const member = members.get(path);
    return member?.type === 'file' ? Buffer.from(member.content).toString() : undefined;
  };
  const lines = async (script: string) => (await rig.exec(['sh', '-c', script])).trim().split('\n');

  it('is made by its own step, not while packages come', async () => {
    expect(await rig.read('/srv/before')).not.toContain('initrd.img');
    expect(await lines('ls /boot/initrd.img-*')).toHaveLength(1);
  });

  it('is the same bytes when it is made again', async () => {
    const again = `cd /boot && version=$(ls /usr/lib/modules) && SOURCE_DATE_EPOCH=${RIG_RECIPE.epoch} dracut --force /tmp/again 2>&1 "$version" && cmp /tmp/again "initrd.img-$version" && echo same`;
    expect((await lines(again)).at(-1)).toBe('same');
  });

  it('has what logs in, what the client has, and the modules that were wished', async () => {
    for (const script of ['net', 'iscsi', 'client', 'overlay'])
      expect(members.get(`usr/lib/lunsmith/${script}`)?.mode).toBe(0o755);
    expect(members.get('etc/iscsi.initramfs')?.mode).toBe(0o600);
    expect(textOf('etc/iscsi.initramfs')).toContain('ISCSI_AUTO=true');
    expect(textOf('etc/iscsi/iscsistart.settings')).toContain(
      'node.session.timeo.replacement_timeout=86400\n',
    );
    expect(textOf('etc/modprobe.d/lunsmith.conf')).toBe('options loop max_loop=8\n');
    const modules = [...members.keys()].map((path) => /\/([^/]+)\.ko$/.exec(path)?.[1]);
    expect(modules).toEqual(
      expect.arrayContaining(['iscsi_tcp', 'iscsi_ibft', 'overlay', 'virtio_net', 'dummy', 'loop']),
    );
    expect(textOf('etc/cmdline.d/20-force_drivers.conf')).toMatch(/rd\.driver\.pre=dummy/);
    // lsinitrd(1) finds it too.
    const listed = await lines('lsinitrd /boot/initrd.img-*');
    expect(listed.filter((line) => line.endsWith('usr/lib/lunsmith/iscsi'))).toHaveLength(1);
  });

  it('has programs that run by what is in it', async () => {
    const folder = join(rig.folder, 'unpacked');
    await mkdir(folder);
    // It does not know the zeros at the end, and says so when it has unpacked all.
    await execa('bsdtar', ['-xf', join(rig.output, 'initrd.img'), '-C', folder], { reject: false });
    const script = `for each in cat chroot cut ip iscsistart mkdir modprobe mount readlink rm sleep tr udevadm umount; do
  command -v $each > /dev/null || echo "no $each"
done
iscsistart -v; ipconfig -? 2>&1; ip -V`;
    const argv = ['-Ur', 'chroot', folder, '/bin/sh', '-c', script];
    const { stdout } = await execa('unshare', argv, { reject: false });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^iscsistart version 2\./),
      expect.stringMatching(/ipconfig/),
      expect.stringMatching(/^ip utility/),
    ]);
  });

  it('has nothing of the machine that built it, and no other program for the network', () => {
    expect(textOf('etc/machine-id')).toBe('');
    expect(members.has('etc/hostname')).toBe(false);
    expect(members.has('usr/lib/dracut/loaded-kernel-modules.txt')).toBe(false);
    expect(textOf('usr/lib/dracut/build-parameter.txt')).toBe(' --force\n');
    const others = /\/(?:dhclient|iscsid|iscsiadm|systemd-networkd|netroot|parse-iscsiroot\.sh)$/;
    expect([...members.values()].filter(({ path, type }) => type === 'file' && others.test(path))).toEqual(
      [],
    );
  });
});
