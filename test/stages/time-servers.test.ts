/** Which of the programs that take the time from servers gets them. */
import { expect, it } from 'vitest';
import type { StageContext } from '../../pipeline/stage.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { timeServers } from '../../stages/time-servers.js';
import { testFolder } from '../artifacts/formats/tools.js';

const CHRONY = {
  '/usr/sbin/chronyd': '',
  // As Debian's package has it.
  '/etc/chrony/chrony.conf':
    '# Use NTP sources found in /etc/chrony/sources.d.\nsourcedir /etc/chrony/sources.d\n',
};
const TIMESYNCD = { '/usr/lib/systemd/systemd-timesyncd': '' };
const SOURCES = '/etc/chrony/sources.d/time-servers.sources';
const DROP_IN = '/etc/systemd/timesyncd.conf.d/60-time-servers.conf';

it.each([
  ['chrony', CHRONY, { [SOURCES]: 'server a.example.org iburst prefer\n' }],
  ['systemd-timesyncd', TIMESYNCD, { [DROP_IN]: '[Time]\nNTP=a.example.org\n' }],
  // Debian's chrony replaces systemd-timesyncd, whose program may be left.
  [
    'chrony where both are',
    { ...CHRONY, ...TIMESYNCD },
    { [SOURCES]: 'server a.example.org iburst prefer\n' },
  ],
])('%s', async (_, files, expected) => {
  await using folder = await testFolder();
  const tree = rootTree(folder.path);
  for (const [path, text] of Object.entries(files)) await tree.write(path, text);
  const context: Partial<StageContext<unknown>> = {
    rootfs: folder.path,
    options: { servers: ['a.example.org'] },
  };
  await timeServers.run(context as Parameters<typeof timeServers.run>[0]);
  const found = { [SOURCES]: await tree.read(SOURCES), [DROP_IN]: await tree.read(DROP_IN) };
  expect(found).toEqual({ [SOURCES]: undefined, [DROP_IN]: undefined, ...expected });
});
