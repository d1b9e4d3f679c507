/** Whether LUNs fit into the file system of their host, by what stat(1) says of it. */
import { expect, it } from 'vitest';
import { requireFits } from '../../../../hosts/clients/clone/file-room.js';
import type { CloneRequest } from '../../../../hosts/clients/clone/store.js';
import type { TargetHost } from '../../../../hosts/host/host.js';
import { hostFacts } from '../../../util/hosts.js';

const TIB = 1024 ** 4;
const request = (client: string, bytes: number) =>
  ({ client, image: 'debian', generation: 'x-1', release: 'r', from: 'disk.img', bytes }) as CloneRequest;

/** @param said bytes of a block, blocks that are free, kind; then blocks of 512 bytes of the image */
const hostThatSays = (said: string, blocks: number) =>
  ({
    facts: hostFacts('/srv/lunsmith'),
    run: () =>
      Promise.resolve({
        stdout: `${said}\n${blocks} /srv/lunsmith/releases/r/disk.img\n`,
        stderr: '',
        exitCode: 0,
      }),
  }) as unknown as TargetHost;

it('a LUN that is longer than a file of ext4 may be is refused, and XFS takes it', async () => {
  const luns = [request('web1', 17 * TIB), request('web2', 15 * TIB)];
  await expect(requireFits(hostThatSays('4096 99999999999 ext2/ext3', 8), luns)).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: 'The LUN of web1 for debian is larger than a file of /srv/lunsmith on san1 may be.',
        expected: expect.stringMatching(/^at most .* on ext4 with blocks of 4096 bytes$/) as unknown,
      },
    ],
  });
  await requireFits(hostThatSays('4096 99999999999 xfs', 8), luns);
});

it('what copies take is counted where blocks are not shared', async () => {
  const luns = [request('web1', TIB), request('web2', TIB)];
  // An image of 1 MiB twice, and 511 blocks of 4 KiB free, or one more.
  await expect(requireFits(hostThatSays('4096 511 ext2/ext3', 2048), luns)).rejects.toMatchObject({
    kind: 'space',
    diagnostics: [{ what: 'san1 has no room for 2 LUNs: nothing was changed there.' }],
  });
  await requireFits(hostThatSays('4096 512 ext2/ext3', 2048), luns);
  await requireFits(hostThatSays('4096 1 btrfs', 2048), luns);
});
