/** The root as an overlay, mounted by the very lines of the initramfs in namespaces of their own, by the shells that run them there. */
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { OVERLAY_FILES as MKINITCPIO } from '../../../stages/distribution/arch/mkinitcpio/overlay-hook.js';
import { OVERLAY_FILES as INITRAMFS_TOOLS } from '../../../stages/distribution/debian/initramfs/overlay.js';
import { mountOverlay } from '../../../stages/distribution/overlay-root.js';

/** Every file system is the test's own; what is mounted goes with its namespace. */
const world = (mount: string) => `
set -e
mount -t tmpfs none /run
mkdir /run/image
mount -t tmpfs none /run/image
echo image > /run/image/file
mount -o remount,ro /run/image
modprobe() { :; }
rootmnt=/run/image
overlay() {
${mount}
}
set +e
overlay || exit 9
echo written > /run/image/file && echo new > /run/image/other && rm /run/image/file && echo again > /run/image/file
echo "$(cat /run/image/file) $(cat /run/lunsmith-root/lower/file) $(grep -c " /run/image .* - overlay " /proc/self/mountinfo)"
ls /run/lunsmith-root/lower
chmod 4755 /run/image/other && [ -u /run/image/other ] && echo '#!/bin/sh' > /run/image/other && /run/image/other && echo runs
`;

it.each([[['dash']], [['busybox', 'ash']]] as const)('keeps the image as it is, by %j', async (shell) => {
  const script = world(mountOverlay('"$rootmnt"'));
  const { stdout } = await execa('unshare', ['-Urm', ...shell, '-c', script]);
  expect(stdout.split('\n')).toEqual(['again image 1', 'file', 'runs']);
});

it('fails where a file system cannot be mounted', async () => {
  const script = world(mountOverlay('/run/nothing'));
  const { exitCode } = await execa('unshare', ['-Urm', 'dash', '-c', script], { reject: false });
  expect(exitCode).toBe(9);
});

const [hook, local] = INITRAMFS_TOOLS;
const [install, run] = MKINITCPIO;
describe.each([
  [hook, 'dash'],
  [local, 'dash'],
  [install, 'bash'],
  [run, 'dash'],
] as const)('%j', (file, shell) => {
  it('is a script in which shellcheck finds nothing', async () => {
    const options = [`--shell=${shell}`, '--exclude=SC1091,SC2154', '-'];
    const { stdout } = await execa('shellcheck', options, { input: file?.[1] ?? '', reject: false });
    expect(stdout).toBe('');
  });
});
