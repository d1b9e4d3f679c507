/** What a client has of its own, put over a root by the very lines of the initramfs in namespaces of their own, by the shells that run them there. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { clientPartEntries } from '../../../artifacts/formats/client-part.js';
import { CLIENT_FILES as MKINITCPIO } from '../../../stages/distribution/arch/mkinitcpio/client-hook.js';
import { clientPart } from '../../../stages/distribution/client-part.js';
import { CLIENT_FILE as INITRAMFS_TOOLS } from '../../../stages/distribution/debian/initramfs/client.js';
import { testFolder } from '../../artifacts/formats/tools.js';

interface Wish {
  readonly path: string;
  readonly content: string;
  readonly owner?: string;
  readonly mode?: string;
}

/** One boot after another of the same root, which is a disk: read-only as the initramfs mounts it. What each one sees is printed. */
interface Played {
  readonly shell: readonly string[];
  /** Commands that furnish the root, whose path is `$disk`. */
  readonly furnish?: string;
  /** The files of each boot. */
  readonly boots: readonly (readonly Wish[])[];
  /** Commands after each boot, in the root; they print. */
  readonly look: string;
  /** The same, without what is mounted over the root. */
  readonly onDisk?: string;
}

/** The initramfs of the test is the host's own tree, with a /lunsmith and a /run that only its namespace has. */
async function play({ shell, furnish = '', boots, look, onDisk = 'true' }: Played): Promise<string[]> {
  await using folder = await testFolder();
  for (const [boot, files] of boots.entries()) {
    const whole = files.map(({ path, content, owner = 'root:root', mode = '0644' }) => ({
      ...{ path, owner, mode },
      content: Buffer.from(content),
    }));
    for (const entry of clientPartEntries('web1', whole)) {
      if (entry.type !== 'file') continue;
      const at = join(folder.path, String(boot), entry.path);
      await mkdir(dirname(at), { recursive: true });
      await writeFile(at, entry.content);
    }
  }
  const script = `
set -e
mount -t tmpfs none /run
mkdir /run/disk /run/initramfs
mount -t tmpfs none /run/disk
disk=/run/disk
mkdir $disk/etc $disk/usr $disk/run $disk/proc
mount --bind /usr $disk/usr
ln -s usr/bin usr/sbin usr/lib usr/lib64 $disk/
echo 'root:x:0:0::/:/bin/sh' > $disk/etc/passwd
echo 'root:x:0:' > $disk/etc/group
echo host > $disk/etc/hostname
${furnish}
mount -o remount,ro $disk
mount -t tmpfs none /run/initramfs
cd /run/initramfs
mkdir run lunsmith proc dev
for each in usr bin sbin lib lib64; do if [ -L /$each ]; then cp -P /$each $each; else mkdir $each; mount --rbind /$each $each; fi; done
mount --rbind /proc proc
mkdir test
mount --bind ${folder.path} test
true > dev/kmsg
true > dev/null
cat > boot <<'BOOT'
rootmnt=/run/root
mkdir -p /run/root
mount --rbind /disk /run/root
${clientPart('"$rootmnt"')}
client_part
echo "ended $?"
BOOT
mkdir disk
mount --rbind $disk disk
for boot in ${boots.map((_, index) => index).join(' ')}; do
  rm -rf lunsmith
  cp -R test/$boot/lunsmith lunsmith
  unshare -m sh -c '
    mount -t tmpfs none run
    chroot . ${shell.join(' ')} /boot
    chroot . chroot /run/root /bin/sh -c "$1; true"
    chroot . chroot /disk /bin/sh -c "true; $2"
  ' sh "$LOOK" "$ON_DISK"
done
`;
  const { stdout } = await execa('unshare', ['-Urm', 'sh', '-c', script], {
    env: { LOOK: look, ON_DISK: onDisk },
  });
  return stdout.split('\n');
}

describe.each([[['dash']], [['busybox', 'ash']]] as const)('by %j', (shell) => {
  it('lies over what the image has, or where nothing is, with owner and mode, and a program runs', async () => {
    const lines = await play({
      shell,
      furnish: 'echo image > $disk/etc/motd',
      boots: [
        [
          { path: '/etc/motd', content: 'mine\n', mode: '0640' },
          { path: '/opt/app/key', content: 'k', mode: '0600', owner: '0:0' },
          { path: '/opt/app/run', content: '#!/bin/sh\necho runs\n', mode: '0755' },
        ],
      ],
      look: "cat /etc/motd /opt/app/key; echo; stat -c '%a %u:%g' /etc/motd /opt/app/key; /opt/app/run",
    });
    expect(lines).toEqual(['ended 0', 'mine', 'k', '640 0:0', '600 0:0', 'runs']);
  });

  it('leaves no content on the disk, and nothing at all when it is wished no more', async () => {
    const wish = [{ path: '/etc/motd', content: 'mine\n' }];
    const lines = await play({
      shell,
      furnish: 'echo image > $disk/etc/motd',
      boots: [
        [...wish, { path: '/opt/new file', content: 'new\n' }],
        [...wish, { path: '/opt/new file', content: 'newer\n' }],
        [],
        [],
      ],
      look: 'cat /etc/motd /opt/new*',
      onDisk: 'cat /etc/lunsmith/client-files /etc/motd; wc -c /opt/new*; true',
    });
    expect(lines).toEqual([
      ...['ended 0', 'mine', 'new', '/opt/new file', 'image', '0 /opt/new file'],
      ...['ended 0', 'mine', 'newer', '/opt/new file', 'image', '0 /opt/new file'],
      ...['ended 0', 'image', 'image'],
      ...['ended 0', 'image', 'image'],
    ]);
  });

  it('stays in the root, whatever links there are in it', async () => {
    const lines = await play({
      shell,
      furnish: `
mkdir $disk/real
ln -s / $disk/etc/top
ln -s ../../../../.. $disk/etc/up
ln -s /real/there $disk/etc/dangling
ln -s /nowhere/at/all $disk/etc/lost`,
      boots: [
        [
          { path: '/etc/top/boot', content: 'one' },
          { path: '/etc/up/disk/x', content: 'two' },
          { path: '/etc/dangling', content: 'three' },
        ],
      ],
      look: 'cat /boot /disk/x /real/there; echo',
    });
    expect(lines).toEqual(['ended 0', 'onetwothree']);
  });

  it('tells what cannot be put, and puts the others', async () => {
    const lines = await play({
      shell,
      boots: [
        [
          { path: '/usr/bin', content: 'one' },
          { path: '/etc/x', content: 'two', owner: 'nobody-here:root' },
          { path: '/etc/y', content: 'three' },
        ],
      ],
      look: 'cat /etc/x /etc/y; echo',
    });
    expect(lines).toEqual(['ended 1', 'three']);
  });
});

it.each([
  [...INITRAMFS_TOOLS, 'dash'],
  [...(MKINITCPIO[0] ?? ['', '']), 'bash'],
  [...(MKINITCPIO[1] ?? ['', '']), 'dash'],
] as const)('%s is a script in which shellcheck finds nothing', async (_, text, shell) => {
  const options = [`--shell=${shell}`, '--exclude=SC1091,SC2154,SC2015', '-'];
  const { stdout } = await execa('shellcheck', options, { input: text, reject: false });
  expect(stdout).toBe('');
});
