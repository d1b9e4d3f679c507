import { describe, expect, it } from 'vitest';
import { keepingData, mountsBelow, readLook } from '../../../app/take/look.js';
import { parseMachine } from '../../../app/take.js';

const ANSWER = `Welcome to web1
lunsmith-take uid 0
lunsmith-take tar tar (GNU tar) 1.34
lunsmith-take system Debian GNU/Linux 12 (bookworm)
lunsmith-take suite bookworm
lunsmith-take architecture amd64
lunsmith-take mount 22 28 0:21 / /proc rw,nosuid shared:12 - proc proc rw
lunsmith-take mount 28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro
lunsmith-take mount 40 28 0:23 / /run rw shared:5 - tmpfs tmpfs rw
lunsmith-take mount 41 28 8:1 / /boot/efi rw,relatime shared:31 - vfat /dev/sda1 rw
lunsmith-take mount 42 28 8:3 / /srv/my\\040files rw shared:32 - xfs /dev/sda3 rw
lunsmith-take mount 43 28 8:3 /shown /home/shown rw shared:32 - xfs /dev/sda3 rw
lunsmith-take mount 44 28 8:3 / /home/again rw shared:32 - xfs /dev/sda3 rw
lunsmith-take mount 45 28 0:50 / /home/nas rw shared:33 - nfs4 nas:/home rw
lunsmith-take mount 46 28 0:51 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
lunsmith-take swap /dev/sda4                               partition	999420	0	-2
lunsmith-take swap /var/swap\\040file                         file	999420	0	-3
lunsmith-take service cron.service               loaded active running Regular background program processing daemon
lunsmith-take service postgresql@15-main.service loaded active running PostgreSQL Cluster 15-main
`;

describe('what a machine tells of itself', () => {
  const machine = readLook(ANSWER);
  it('is read, whatever a start-up file has printed before', () => {
    expect(machine).toMatchObject({
      uid: 0,
      tar: 'tar (GNU tar) 1.34',
      system: 'Debian GNU/Linux 12 (bookworm)',
      suite: 'bookworm',
      architecture: 'amd64',
      swapFiles: ['/var/swap file'],
      services: ['cron', 'postgresql@15-main'],
    });
    expect(keepingData(machine?.services ?? [])).toEqual(['postgresql@15-main']);
    expect(readLook('Welcome\n')).toBeUndefined();
  });

  it('tells which of its file systems belong to it', () => {
    const mounts = machine?.mounts ?? [];
    expect(mountsBelow('/', mounts)).toEqual({
      taken: ['/boot/efi', '/srv/my files'],
      left: [{ at: '/home/nas', type: 'nfs4', device: '0:50', folder: '/' }],
    });
    expect(mountsBelow('/srv', mounts).taken).toEqual(['/srv/my files']);
    expect(mountsBelow('/srv/other', mounts)).toEqual({ taken: [], left: [] });
  });
});

it.each([
  ['ssh://web1', { destination: 'web1', port: undefined, root: '/' }],
  ['ssh://root@web1/', { destination: 'root@web1', port: undefined, root: '/' }],
  [
    'ssh://root@[2001:db8::1]:2222/srv/a%20tree/',
    { destination: 'root@2001:db8::1', port: 2222, root: '/srv/a tree' },
  ],
])('%s', (text, far) => {
  expect(parseMachine(text)).toEqual(far);
});

it.each([
  ['web1', 'web1'],
  ['ssh:///etc', 'ssh:///etc'],
  ['ssh://-oProxyCommand=x/', 'ssh://-oProxyCommand=x/'],
  ['ssh://root:secret@web1/', 'an address with a password'],
])('%s names no machine', (text, found) => {
  expect(() => parseMachine(text)).toThrow(
    expect.objectContaining({ diagnostics: [expect.objectContaining({ found })] }),
  );
});
