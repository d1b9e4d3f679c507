import { execa } from 'execa';
import { expect, it } from 'vitest';
import { installWords } from '../../../hosts/host/package-of.js';

it('names the package, or how it is found', () => {
  expect(installWords('/usr/sbin/sfdisk')).toBe('in Debian by `apt-get install fdisk`');
  expect(installWords('lvs')).toBe('in Debian by `apt-get install lvm2`');
  expect(installWords('ietd')).toBe('in Debian `apt-file search bin/ietd` tells its package');
});

it.each(['sfdisk', 'debugfs', 'flock', 'perl', 'tgt-admin', 'find', 'base64', 'zstd'])(
  'dpkg has %s of the package that is named',
  async (program) => {
    const { stdout: path } = await execa('which', [program]);
    // Of a merged /usr dpkg may know the other name.
    const names = [path, path.replace(/^\/usr/, ''), `/usr${path}`];
    const { stdout } = await execa('dpkg', ['--search', ...names], { reject: false });
    const owners = stdout.split('\n').map((line) => line.split(':')[0]);
    const named = /apt-get install (\S+)`/.exec(installWords(program))?.[1];
    expect(owners).toContain(named);
  },
);
