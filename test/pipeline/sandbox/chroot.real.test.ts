import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { chrootArgv } from '../../../pipeline/sandbox/chroot.js';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import type { ChrootInside } from '../../inside/chroot.js';
import { baseTree } from '../../util/base-tree.js';
import { listTree } from '../../util/list-tree.js';
import { untilGone } from '../../util/processes.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-chroot-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Given = Partial<Pick<ChrootInside, 'declared' | 'resolv' | 'options'>>;

async function inChroot(
  script: string,
  { declared = false, resolv = 'file', options = {} }: Given = {},
): Promise<string> {
  const argv = ['sh', '-c', script] as const;
  const payload: ChrootInside = { folder, base: await baseTree(), declared, resolv, argv, options };
  const job = { module: 'test/inside/chroot.js', payload, network: 'host' } as const;
  return String(await enterSandbox(job, () => undefined, new AbortController().signal)).trim();
}

it('wraps a command in namespaces of its own', () => {
  expect(chrootArgv('/r', ['apt-get', 'update'], false)).toEqual(
    '/usr/bin/env unshare --mount --pid --fork --kill-child=KILL --mount-proc=/r/proc --net -- chroot /r apt-get update'
      .split(' ')
      .slice(1),
  );
  expect(chrootArgv('/r', ['true'], true)).not.toContain('--net');
});

it('has a small /dev, its own /proc and a /run that is gone afterwards', async () => {
  const script =
    'set -e; echo x > /dev/null; head -c 4 /dev/urandom | wc -c; ls /dev; ls -d /proc/[0-9]* | wc -l; touch /run/x /dev/shm/y';
  const [bytes, ...rest] = (await inChroot(script)).split('\n');
  expect(bytes).toBe('4');
  expect(rest.slice(0, -1)).toEqual([
    'fd',
    'full',
    'null',
    'ptmx',
    'pts',
    'random',
    'shm',
    'stderr',
    'stdin',
    'stdout',
    'tty',
    'urandom',
    'zero',
  ]);
  expect(Number(rest.at(-1))).toBeLessThanOrEqual(4);
  // Overlayfs keeps the folders whose entries came and went.
  expect(await listTree(join(folder, 'layer', 'tree'))).toEqual([
    'etc',
    'etc/resolv.conf',
    'usr',
    'usr/sbin',
  ]);
});

it('sees folders of the host, read-only, for as long as the step lasts', async () => {
  const lent = join(folder, 'lent folder');
  await mkdir(lent);
  await writeFile(join(lent, 'file'), 'of the host\n');
  const script =
    'cat /run/lunsmith/packages/file; touch /run/lunsmith/packages/x 2>&1; ls /run/lunsmith/packages';
  expect((await inChroot(script, { options: { folders: { packages: lent } } })).split('\n')).toEqual([
    'of the host',
    "touch: cannot touch '/run/lunsmith/packages/x': Read-only file system",
    'file',
  ]);
  expect(await readdir(lent)).toEqual(['file']);
});

it('denies services, and leaves no trace of having done so', async () => {
  expect(await inChroot('/usr/sbin/policy-rc.d; echo $?')).toBe('101');
  expect(await listTree(join(folder, 'layer', 'tree'))).not.toContain('usr/sbin/policy-rc.d');
});

describe('the network', () => {
  it('is not there unless asked for', async () => {
    expect(await inChroot('cat /proc/net/dev | grep -c eth0 || true', { declared: true })).toBe('0');
    expect(await inChroot('cat /proc/net/route | wc -l')).toBe('0');
  });

  it('may only be asked for by a stage that declares it', async () => {
    const failure = await inChroot('true', { options: { network: true } }).catch(Failure.from);
    expect((failure as Failure).diagnostics[0].what).toBe(
      'A stage asked for the network to look around, but does not declare it.',
    );
  });

  it.each(['link', 'file'] as const)(
    'lends the host’s resolver for the time of the step over a %s',
    async (resolv) => {
      const host = (await readFile('/etc/resolv.conf', 'utf8')).trim();
      expect(
        await inChroot('cat /etc/resolv.conf', { declared: true, resolv, options: { network: true } }),
      ).toBe(host);
      const left = join(folder, 'layer', 'tree', 'etc', 'resolv.conf');
      if (resolv === 'link') expect(await readlink(left)).toBe('../run/systemd/resolve/stub-resolv.conf');
      else expect(await readFile(left, 'utf8')).toBe('# own\n');
      expect((await lstat(left)).isSymbolicLink()).toBe(resolv === 'link');
    },
  );
});

it('lets no daemon survive', async () => {
  expect(await inChroot('setsid sleep 987650 >/dev/null 2>&1 & sleep 0; echo started')).toBe('started');
  await untilGone('sleep 987650');
});
