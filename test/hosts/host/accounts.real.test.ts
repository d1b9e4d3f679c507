/** Accounts as hosts have them: their login shells, what these print, and what they may do. */
import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeHostLock } from '../../../hosts/host/lock.js';
import { openHost } from '../../../hosts/host/open.js';
import type { Transport } from '../../../hosts/site/facts.js';
import { ports } from '../../artifacts/formats/tools.js';
import { failureOf } from '../../util/failure-of.js';
import { hostFacts } from '../../util/hosts.js';
import { type Sshd, startSshd } from '../../util/sshd.js';
import { ordinaryUser } from '../../util/user.js';

const doing = 'try it';
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lunsmith-root-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function reach(sshd: Sshd, changed: Partial<Extract<Transport, { kind: 'ssh' }>> = {}) {
  const transport = { kind: 'ssh', destination: sshd.destination, ...changed } as const;
  return openHost(hostFacts(root, { transport }), ports, sshd.environment);
}

const HARD = [
  "it's",
  '!x',
  '\\n',
  '\\',
  '$HOME',
  '`id`',
  '"',
  '%s',
  'ä\n',
  '~',
  '*',
  '{a,b}',
  'x'.repeat(3000),
];

it.each([['dash'], ['bash'], ['busybox', 'ash'], ['bash', '--posix']])(
  'a login shell %s hands on what it is given',
  async (...shell) => {
    await using sshd = await startSshd(ports, { shell });
    await using host = await reach(sshd);
    const { stdout } = await host.run(['printf', '%s\\0', ...HARD], { doing, quiet: true });
    expect(stdout.split('\0').slice(0, -1)).toEqual(HARD);
    const path = join(root, 'a', 'file');
    await host.write(path, 'text\n', { mode: 0o600 });
    expect(await host.read(path)).toBe('text\n');
    expect(host.account).toMatchObject({ mayWrite: true, at: root });
    await using _lock = await takeHostLock(host, { path: join(root, 'lock'), words: 'test' }, ports);
  },
);

it('an account that prints before each command is refused when it connects, with what it prints', async () => {
  await using sshd = await startSshd(ports, { startUp: 'echo Welcome to san1' });
  const failure = await failureOf(reach(sshd));
  expect(failure.toRecord()).toMatchObject({
    kind: 'network',
    diagnostics: [
      {
        what: 'The account san1 prints before it does what it is told: nothing that it answers could be relied on.',
        found: '"Welcome to san1"',
        hint: expect.stringContaining('See it: ssh -o BatchMode=yes san1 true') as unknown,
      },
    ],
  });
});

it('what is no shell is refused too', async () => {
  await using sshd = await startSshd(ports, { shell: ['python3'] });
  const failure = await failureOf(reach(sshd));
  expect(failure.diagnostics[0]).toMatchObject({
    what: 'The account san1 lets us in and runs no command.',
    expected: 'a login shell that runs `sh -c` on san1',
    found: expect.stringContaining('SyntaxError') as unknown,
  });
});

it('what an account prints when nobody expects it does not come into what is read', async () => {
  const noisy = join(root, 'noisy');
  const noise = 'echo You have mail; printf "no end" >&2';
  await using sshd = await startSshd(ports, { startUp: `[ ! -e ${noisy} ] || { ${noise}; }` });
  await using host = await reach(sshd);
  await writeFile(noisy, '');
  await writeFile(join(root, 'file'), 'one\n');
  expect(await host.read(join(root, 'file'))).toBe('one\n');
  await writeFile(join(root, 'file'), 'two');
  expect(await host.read(join(root, 'file'))).toBe('two');
  const asked = { doing: 'ask', quiet: true };
  expect(await host.run(['sh', '-c', 'echo lost >&2'], asked)).toEqual({
    stdout: '',
    stderr: 'lost',
    exitCode: 0,
  });
});

it('what ssh says itself is asked of the same port', async () => {
  await using sshd = await startSshd(ports);
  await sshd.kill();
  const failure = await failureOf(reach(sshd, { port: 2299 }));
  expect(failure.diagnostics[0].hint).toBe(
    'See what ssh itself says: ssh -p 2299 -o BatchMode=yes san1 true',
  );
});

describe.each([
  ['with a space', (folder: string) => join(folder, 'a b')],
  ['with a percent sign', (folder: string) => join(folder, 'a%hb')],
])('a temporary folder %s', (_, named) => {
  it('does', async () => {
    const folder = named(root);
    await mkdir(folder);
    await withTemporary(folder);
  });
});

it('a temporary folder that is not there does, as another one does', async () => {
  await withTemporary(join(root, 'none'));
});

async function withTemporary(folder: string): Promise<void> {
  await using sshd = await startSshd(ports);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    await using host = await reach(sshd);
    expect((await host.run(['echo', 'here'], { doing, quiet: true })).stdout).toBe('here\n');
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

describe('an account that is not root', () => {
  async function asUser(): Promise<{ readonly user: string; readonly sshd: Sshd }> {
    const user = await ordinaryUser();
    // Without a password and not locked: sshd(8), AUTHENTICATION.
    await ports.run(['usermod', '-p', '*', user], { doing: 'let the user log in' });
    return { user, sshd: await startSshd(ports, { user }) };
  }

  it('is told once that it may not write', async () => {
    const { user, sshd } = await asUser();
    await using _sshd = sshd;
    await using host = await reach(sshd);
    const failure = await failureOf(takeHostLock(host, { path: join(root, 'lock'), words: 'test' }, ports));
    expect(failure.toRecord()).toMatchObject({
      kind: 'host',
      diagnostics: [
        {
          what: `${user} may not write in ${root} on san1.`,
          hint: 'Connect as root, or let this account run everything by sudo without a password: `sudo: true` in lunsmith.yaml.',
        },
      ],
    });
  });

  it('is told that what it may not read is for root', async () => {
    const { user, sshd } = await asUser();
    await using _sshd = sshd;
    await chmod(root, 0o755);
    await mkdir(join(root, 'secrets'), { mode: 0o700 });
    await using host = await reach(sshd);
    const failure = await failureOf(host.run(['ls', join(root, 'secrets')], { doing: 'read the accounts' }));
    expect(failure.diagnostics[0]).toMatchObject({
      what: 'Could not read the accounts.',
      expected: expect.stringContaining(`lunsmith is ${user}, uid `) as unknown,
      found: expect.stringContaining('Permission denied') as unknown,
    });
  });

  it('does everything as root where the site says `sudo`', async () => {
    const { user, sshd } = await asUser();
    await using _sshd = sshd;
    // No sudo, but a program that does what `sudo -n --` does.
    const tools = join(sshd.folder, 'sudo-tools');
    await mkdir(tools);
    await copyFile('/usr/bin/setpriv', join(tools, 'as-root'));
    await chown(join(tools, 'as-root'), 0, 0);
    await chmod(join(tools, 'as-root'), 0o4755);
    await writeFile(
      join(tools, 'sudo'),
      `#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 1\nshift 2\nexec ${tools}/as-root --reuid=0 --regid=0 --clear-groups -- "$@"\n`,
      { mode: 0o755 },
    );
    await using other = await startSshd(ports, {
      user,
      startUp: `PATH=${tools}:/usr/bin:/bin; export PATH`,
    });
    await using host = await reach(other, { sudo: true });
    expect(host.account).toMatchObject({ uid: 0, mayWrite: true });
    await host.write(join(root, 'file'), 'text', { mode: 0o600 });
    expect((await stat(join(root, 'file'))).uid).toBe(0);
    expect(await host.read(join(root, 'file'))).toBe('text');
    await using _lock = await takeHostLock(host, { path: join(root, 'lock'), words: 'test' }, ports);
    expect(await readFile(join(root, 'lock'), 'utf8')).toMatch(/^test\n/);
  });

  it('is told when it may not use sudo', async () => {
    const { sshd } = await asUser();
    await using _sshd = sshd;
    const failure = await failureOf(reach(sshd, { sudo: true }));
    expect(failure.kind).toBe('host');
    expect(failure.diagnostics[0].what).toBe('san1 may not use sudo on san1 without a password.');
  });
});
