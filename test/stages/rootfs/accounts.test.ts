import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../base/failure.js';
import { parseStatus } from '../../../stages/distribution/debian/dpkg.js';
import { parseGroup, parsePasswd, resolveOwner } from '../../../stages/rootfs/accounts.js';
import { rootTree } from '../../../stages/rootfs/tree.js';
import { testFolder } from '../../artifacts/formats/tools.js';

const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1001:A,,,:/home/alice:/bin/sh\nbroken:x\n\n';
const GROUP = 'root:x:0:\nadm:x:4:alice\nusers:x:1001:\nbroken\n';

it('reads passwd and group', () => {
  expect(parsePasswd(PASSWD)).toEqual([
    { name: 'root', uid: 0, gid: 0, home: '/root' },
    { name: 'alice', uid: 1000, gid: 1001, home: '/home/alice' },
  ]);
  expect([...parseGroup(GROUP)]).toEqual([
    ['root', 0],
    ['adm', 4],
    ['users', 1001],
  ]);
});

describe('owners by the root tree', () => {
  const resolve = async (owner: string) => {
    await using folder = await testFolder();
    const tree = rootTree(folder.path);
    await tree.write('/etc/passwd', PASSWD);
    await tree.write('/etc/group', GROUP);
    return await resolveOwner(tree, owner);
  };
  it.each([
    ['alice', { uid: 1000, gid: 1001 }],
    ['alice:adm', { uid: 1000, gid: 4 }],
    ['12:34', { uid: 12, gid: 34 }],
    ['12', { uid: 12, gid: 12 }],
    ['0:adm', { uid: 0, gid: 4 }],
  ])('%s', async (owner, numbers) => {
    expect(await resolve(owner)).toEqual(numbers);
  });
  it.each([
    ['bob', 'The root tree has no user bob.'],
    ['alice:wheel', 'The root tree has no group wheel.'],
  ])('%s is unknown', async (owner, what) => {
    const error = (await resolve(owner).catch((thrown: unknown) => thrown)) as Failure;
    expect([error.kind, error.diagnostics[0].what]).toEqual(['recipe', what]);
  });
});

it('reads what is installed from the status file', () => {
  const paragraph = (name: string, state: string, version = '1') =>
    `Package: ${name}\nStatus: ${state}\nArchitecture: amd64\nVersion: ${version}\nDescription: x\n Package: not this\n`;
  const text = [
    paragraph('zlib1g', 'install ok installed', '1:1.2-3'),
    paragraph('gone', 'deinstall ok config-files'),
    paragraph('adduser', 'hold ok installed'),
  ].join('\n');
  expect(parseStatus(text)).toEqual([
    { name: 'adduser', version: '1', architecture: 'amd64' },
    { name: 'zlib1g', version: '1:1.2-3', architecture: 'amd64' },
  ]);
  expect(parseStatus('')).toEqual([]);
});
