import { expect, it } from 'vitest';
import { type TreeWorld, treeArgv } from '../../../pipeline/sandbox/confine.js';
import { sameIds } from '../../../pipeline/sandbox/nested-user.js';

const world: TreeWorld = {
  rootfs: '/mnt/rootfs',
  run: '/mnt/run-1',
  lent: [],
  network: false,
  filter: '/mnt/f',
};

it('gives a command the tree and nothing else', () => {
  const caps = 'CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETFCAP SETGID SETUID';
  expect(treeArgv(world, ['apt-get', 'update'])).toEqual([
    ...['sh', '-c', 'exec 9<"$1"; shift; exec "$@"', 'sh', '/mnt/f'],
    ...[
      'bwrap',
      '--die-with-parent',
      '--unshare-ipc',
      '--unshare-pid',
      '--unshare-uts',
      '--unshare-cgroup-try',
    ],
    ...[
      '--seccomp',
      '9',
      '--bind',
      '/mnt/rootfs',
      '/',
      '--dev',
      '/dev',
      '--perms',
      '1777',
      '--tmpfs',
      '/dev/shm',
    ],
    ...[
      '--proc',
      '/proc',
      '--remount-ro',
      '/proc',
      '--bind',
      '/mnt/run-1',
      '/run',
      '--chdir',
      '/',
      '--as-pid-1',
    ],
    ...[
      '--unshare-net',
      '--cap-drop',
      'ALL',
      ...caps.split(' ').flatMap((name) => ['--cap-add', `CAP_${name}`]),
    ],
    ...['--', 'apt-get', 'update'],
  ]);
});

it('lends folders read-only unless it is told otherwise, and the network when asked', () => {
  const lent = [
    { from: '/a b', at: '/run/a' },
    { from: '/c', at: '/c', writable: true },
  ];
  const argv = treeArgv({ ...world, lent, network: true }, ['true']).join(' ');
  expect(argv).toContain('--bind /mnt/run-1 /run --ro-bind /a b /run/a --dev-bind /c /c --chdir');
  expect(argv).not.toContain('--unshare-net');
});

it('hands an environment over by a file, not to what stands before the command', () => {
  const argv = treeArgv({ ...world, environment: '/mnt/e' }, ['true']);
  expect(argv.slice(0, 6)).toEqual(['sh', '-c', 'exec 7<"$1"; shift; exec "$@"', 'sh', '/mnt/e', 'sh']);
  expect(argv.join(' ')).toContain('--seccomp 9 --args 7 --bind');
});

it('does without a filter where none is known', () => {
  const argv = treeArgv({ ...world, filter: undefined }, ['true']);
  expect(argv[0]).toBe('bwrap');
  expect(argv).not.toContain('--seccomp');
});

it('maps the ids of a namespace to themselves', () => {
  expect(sameIds('         0       1000          1\n         1     100000      65536\n')).toEqual([
    { inside: 0, outside: 0, length: 1 },
    { inside: 1, outside: 1, length: 65536 },
  ]);
});
