/** What commands of a recipe, scripts of packages and a bootstrap tool reach of the user who builds: nothing. */
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EscapeInside } from '../../inside/escape.js';
import { ordinaryUser, readableProject } from '../../util/user.js';

let folder: string;
let script: string;
let user: string;
let project: string;
let args: string[];
const servers: Server[] = [];
const ABSTRACT = `lunsmith-escape-${process.pid}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-escape-'));
  await chmod(folder, 0o755);
  script = await readFile('test/pipeline/sandbox/escape.pl', 'utf8');
  user = await ordinaryUser();
  project = await readableProject(user, folder);
  const agent = join(folder, 'agent');
  const [byPath, abstract, tcp] = [createServer(), createServer(), createServer()];
  servers.push(byPath, abstract, tcp);
  await Promise.all([
    once(byPath.listen(agent), 'listening'),
    once(abstract.listen(`\0${ABSTRACT}`), 'listening'),
    once(tcp.listen(0, '127.0.0.1'), 'listening'),
  ]);
  await chmod(agent, 0o777);
  const { port } = tcp.address() as AddressInfo;
  const host = join(folder, 'host');
  await mkdir(host);
  await writeFile(join(host, 'secret'), 'of the host');
  await chmod(host, 0o777);
  args = [host, agent, ABSTRACT, String(port), String(process.pid)];
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Perl and what it needs of this host, as a tree that a user owns. */
async function treeWithPerl(path: string): Promise<void> {
  const perl = '/usr/bin/perl';
  const { stdout } = await execa('ldd', [perl]);
  for (const file of [perl, ...(stdout.match(/\/\S+/g) ?? [])]) {
    await mkdir(join(path, dirname(file)), { recursive: true });
    await cp(file, join(path, file), { dereference: true });
  }
  for (const name of ['etc', 'tmp', 'usr/sbin']) await mkdir(join(path, name), { recursive: true });
  for (const name of ['strict.pm', 'warnings.pm']) {
    const { stdout: at } = await execa('perl', ['-e', `require ${name.slice(0, -3)}; print $INC{'${name}'}`]);
    await mkdir(join(path, dirname(at)), { recursive: true });
    await cp(at, join(path, at));
  }
  await symlink('usr/bin', join(path, 'bin')).catch(() => undefined);
}

/** Leaves a folder of the host open, by a number far from those that are closed one by one, and becomes another program. */
const LEAK =
  'use POSIX; my $fd = POSIX::open(shift) // die; POSIX::dup2($fd, 200); POSIX::close($fd); exec @ARGV';

/** What it reached, by the name of each try. */
async function escape(as: EscapeInside['as'], who: 'root' | 'user'): Promise<Record<string, string>> {
  const own = await mkdtemp(join(folder, `${who}-`));
  await treeWithPerl(join(own, 'base'));
  if (who === 'user') await execa('chown', ['-R', `${user}:`, own]);
  const payload: EscapeInside = { folder: own, base: join(own, 'base'), as, script, args };
  const program = [process.execPath, join(project, 'dist/test/inside/escape.js'), JSON.stringify(payload)];
  const asUser = who === 'user' ? ['runuser', '-u', user, '--'] : [];
  const { stdout } = await execa('perl', ['-e', LEAK, join(folder, 'host'), ...asUser, ...program], {
    env: { CANARY: 'CANARY', SSH_AUTH_SOCK: join(folder, 'agent') },
  });
  return Object.fromEntries(
    stdout.split('\n').map((line) => {
      const [name = '', ...found] = line.split(':');
      return [name, found.join(':').trim()];
    }),
  );
}

const DENIED = 'Operation not permitted';
const READ_ONLY = 'Read-only file system';
/** Files of the host's id 0, which root of a build by root is. */
const OF_THE_KERNEL = expect.stringMatching(/^(Read-only file system|Permission denied)$/) as unknown;
const NOTHING = {
  inherited: '',
  'host files': '',
  others: '0',
  secrets: '0',
  kill: 'No such process',
  ptrace: 'No such process',
  memory: 'No such file or directory',
  agent: 'No such file or directory',
  hypervisor: 'Address family not supported by protocol',
  interfaces: '',
  'mount proc': DENIED,
  'make /proc writable': DENIED,
  'user namespace': DENIED,
  clone3: 'Function not implemented',
  device: DENIED,
  '/proc/sys/kernel/core_pattern': OF_THE_KERNEL,
  '/proc/sys/vm/drop_caches': OF_THE_KERNEL,
  keys: DENIED,
  'keys by x32': 'Function not implemented',
  handles: DENIED,
  no_new_privs: '1',
};
const OUT_OF_REACH = { 'abstract socket': 'Connection refused', loopback: 'Connection refused' };
const IN_THE_TREE = {
  ...NOTHING,
  environment: 'HOME LC_ALL PATH PWD TZ',
  'first process': 'HOME LC_ALL PATH PWD TZ',
  chroot: DENIED,
  'chroot up': DENIED,
  mount: DENIED,
  'make /usr writable': DENIED,
  uncover: DENIED,
  'mount namespace': DENIED,
  'written /usr': 'DONE',
};

describe.each(['root', 'user'] as const)('in a build by %s', (who) => {
  it('a command in the tree finds no other process', async () => {
    expect(await escape('command', who)).toEqual({ ...IN_THE_TREE, ...OUT_OF_REACH });
    expect(await readdir(join(folder, 'host'))).toEqual(['secret']);
  });

  it('one that may reach the network reaches what listens on this host, and no file or process', async () => {
    const { interfaces, ...found } = await escape('command with network', who);
    expect(interfaces).toBeDefined();
    const { interfaces: _, ...nothing } = IN_THE_TREE;
    expect(found).toEqual({ ...nothing, 'abstract socket': 'DONE', loopback: 'DONE' });
    expect(await readdir(join(folder, 'host'))).toEqual(['secret']);
  });

  it('a bootstrap tool may mount, in a world without other processes', async () => {
    expect(await escape('bootstrap', who)).toMatchObject({
      ...NOTHING,

      ...OUT_OF_REACH,
      environment: 'HOME LC_ALL PATH PWD TMPDIR TZ',
      chroot: 'DONE',
      mount: 'DONE',
      'make /usr writable': DENIED,
      'written /usr': READ_ONLY,
    });
    expect(await readdir(join(folder, 'host'))).toEqual(['secret']);
  });
});
