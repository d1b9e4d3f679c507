import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
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

type Given = Partial<Pick<ChrootInside, 'declared' | 'resolv' | 'options' | 'link'>>;

async function inChroot(
  script: string,
  { declared = false, resolv = 'file', options = {}, link }: Given = {},
): Promise<string> {
  const argv = ['sh', '-c', script] as const;
  const payload: ChrootInside = {
    ...{ folder, base: await baseTree(), declared, resolv, argv, options },
    ...(link === undefined ? {} : { link }),
  };
  const job = { module: 'test/inside/chroot.js', payload, network: 'host' } as const;
  return String(await enterSandbox(job, () => undefined, new AbortController().signal)).trim();
}

it('has a small /dev, its own /proc and a /run that is gone afterwards', async () => {
  const script =
    'set -e; echo x > /dev/null; head -c 4 /dev/urandom | wc -c; ls /dev; ls -d /proc/[0-9]* | wc -l; touch /run/x /dev/shm/y';
  const [bytes, ...rest] = (await inChroot(script)).split('\n');
  expect(bytes).toBe('4');
  expect(rest.slice(0, -1)).toEqual([
    'core',
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
    expect(await inChroot('tail -n +2 /proc/net/route | wc -l')).toBe('0');
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

it('fails as the command itself', async () => {
  const failure = (await inChroot('echo reason >&2; exit 3').catch(Failure.from)) as Failure;
  expect(failure.diagnostics[0].found).toBe('sh: exit code 3');
  expect(failure.command).toMatchObject({
    argv: ['sh', '-c', 'echo reason >&2; exit 3'],
    lastLines: ['reason'],
  });
});

it('takes an environment into the tree, not to the programs of the host that lead there', async () => {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const name of ['sh', 'bwrap', 'cat']) {
    await writeFile(join(bin, name), `#!/bin/sh\ntouch ${folder}/reached\n`, { mode: 0o755 });
  }
  const env = { PATH: `${bin}:/usr/bin`, LD_PRELOAD: '/of/the/host.so', SECRET: 'canary two words' };
  // The program loader says what it cannot preload.
  expect(
    await inChroot('echo "$SECRET"; cat /proc/1/environ | tr "\\0" "\\n" | sort', { options: { env } }),
  ).toBe(
    [
      'canary two words',
      'HOME=/root',
      'LC_ALL=C.UTF-8',
      'LD_PRELOAD=/of/the/host.so',
      `PATH=${bin}:/usr/bin`,
      'PWD=/',
      'SECRET=canary two words',
      'TZ=UTC',
    ].join('\n'),
  );
  expect(await readdir(folder)).not.toContain('reached');
});

describe('a step before that left links', () => {
  it.each(['dev', 'proc', 'run'])('in the place of /%s: nothing runs', async (name) => {
    const failure = await inChroot('true', { link: { path: name, target: folder } }).catch(Failure.from);
    expect((failure as Failure).diagnostics[0].what).toBe(
      `/${name} of the root tree is no directory, so that nothing can be run in there.`,
    );
    expect((await readdir(folder)).sort()).toEqual(['floor', 'layer']);
  });

  it.each(['etc', 'usr/sbin'])('in the place of /%s: nothing is written where they lead', async (path) => {
    const target = join(folder, 'of-the-host');
    await mkdir(target);
    expect(await inChroot('echo ran', { declared: true, link: { path, target } })).toBe('ran');
    expect(await readdir(target)).toEqual([]);
  });

  it('in the place of policy-rc.d: what it leads to is not made', async () => {
    const target = join(folder, 'of-the-host');
    await inChroot('true', { link: { path: 'usr/sbin/policy-rc.d', target } });
    expect(await readdir(folder)).not.toContain('of-the-host');
  });
});

it('lets no daemon survive', async () => {
  expect(await inChroot('setsid sleep 987650 >/dev/null 2>&1 & sleep 0; echo started')).toBe('started');
  await untilGone('sleep 987650');
});
