/** `lunsmith boot`: somebody at a terminal tries a release, and over SSH at the same time; nothing is left of it. */
import { once } from 'node:events';
import { link, mkdir, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, inject, it } from 'vitest';
import { type Release, readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { clientReleaseWithSsh } from '../util/build.js';
import { lunsmith, MAIN } from '../util/cli.js';
import { partition, SECTOR } from '../util/image.js';
import { descendants, untilEnded } from '../util/processes.js';

let release: Release;
let home: string;
let workspace: string;
beforeAll(async () => {
  release = await clientReleaseWithSsh();
  home = join(inject('shared'), 'by-hand');
  workspace = join(home, 'work');
  await mkdir(home);
});

const leftInTmp = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('lunsmith-boot-'));

/** A file in the root of a LUN that was cut off: its journal is replayed, as the next boot does. */
async function fileOf(lun: string, path: string): Promise<string> {
  const { firstLba, sectors } = partition(release.manifest, 'root');
  const alone = join(home, 'root.img');
  const part = [`if=${lun}`, `of=${alone}`, `bs=${SECTOR}`, `skip=${firstLba}`, `count=${sectors}`];
  await execa('dd', [...part, 'conv=sparse']);
  // e2fsck(8), EXIT CODE: 1 when something was set right.
  const checked = await execa('e2fsck', ['-fy', alone], { reject: false });
  expect([0, 1]).toContain(checked.exitCode);
  return (await execa('debugfs', ['-R', `cat ${path}`, alone])).stdout;
}

it('logs in at the console and over SSH, leaves by Ctrl-], keeps what was written, and leaves the release as it was', async () => {
  const before = await leftInTmp();
  const kept = join(home, 'tried.img');
  const command = [process.execPath, MAIN, 'boot', release.path, '--ssh', '--display', '--keep', kept];
  const child = execa('script', ['--quiet', '--return', '--command', command.join(' '), '/dev/null'], {
    reject: false,
    env: { TERM: 'dumb', LUNSMITH_WORKSPACE: workspace },
  });
  let seen = '';
  let wake: () => void = () => undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    wake();
  });
  void child.finally(() => wake());
  let ended = false;
  void child.finally(() => {
    ended = true;
  });
  /** Awaits what the terminal shows, now or before. */
  const hasShown = async (pattern: RegExp, since = 0): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(seen.slice(since));
      if (found !== null) return found;
      if (ended) throw new Error(`It ended before ${String(pattern)}:\n${seen}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  let from = 0;
  /** Awaits what it shows after what was awaited before. */
  const shows = async (pattern: RegExp): Promise<RegExpExecArray> => {
    const found = await hasShown(pattern, from);
    from += found.index + found[0].length;
    return found;
  };
  const type = (text: string) => child.stdin.write(text);

  const [, name = '', password = ''] = await shows(/Log in as (\S+) with the password (\w+):/);
  await shows(/By itself the release lets nobody in/);
  const [, vnc = ''] = await shows(/Its screen by VNC: 127\.0\.0\.1:(\d+)\./);
  await shows(/ login: /);
  // It may have answered before; it says nothing more that could come between what the console says.
  const [, ssh = ''] = await hasShown(/SSH answers: (ssh .+root@127\.0\.0\.1)\r?\n/);
  type(`${name}\r`);
  await shows(/Password: /);
  type(`${password}\r`);
  await shows(/# /);
  type('echo by-hand > /root/mine && sync && echo written-$((6 * 7))\r');
  await shows(/written-42/);
  // As it is printed, for a shell.
  const { stdout } = await execa('sh', ['-c', `${ssh} 'cat /root/mine; findmnt -n -o SOURCE /'`]);
  expect(stdout).toMatch(/^by-hand\n\/dev\/sd/);
  const second = await lunsmith(['boot', release.path, '--keep', kept, '--workspace', workspace]);
  expect(second.exitCode).toBe(2);
  expect(second.stderr).toContain(`${kept} is the LUN of another machine that runs now.`);
  const linked = join(home, 'linked.img');
  await link(join(release.path, 'disk.img'), linked);
  const third = await lunsmith(['boot', release.path, '--keep', linked, '--workspace', workspace]);
  expect(third.exitCode).toBe(2);
  expect(third.stderr).toContain(`${linked} may not be written to.`);
  const screen = connect({ host: '127.0.0.1', port: Number(vnc) });
  // RFC 6143, 7.1.1
  const [version] = (await once(screen, 'data')) as [Buffer];
  expect(version.toString()).toMatch(/^RFB 003\.00\d\n$/);
  screen.destroy();
  const processes = await descendants(child.pid ?? 0);
  type('\x1d');
  await shows(/The machine was cut off\./);
  expect((await child).exitCode).toBe(0);

  await untilEnded(processes);
  expect(await fileOf(kept, '/root/mine')).toBe('by-hand');
  expect(await leftInTmp()).toEqual(before);
  expect(await readdir(join(workspace, 'builds'))).toEqual([]);
  expect(await verifyRelease(await readRelease(release.path))).toEqual([]);
});
