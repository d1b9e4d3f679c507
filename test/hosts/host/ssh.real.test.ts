import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TargetHost } from '../../../hosts/host/host.js';
import { openHost } from '../../../hosts/host/open.js';
import { ports } from '../../artifacts/formats/tools.js';
import { failureOf } from '../../util/failure-of.js';
import { hostFacts } from '../../util/hosts.js';
import { commandLines, untilGone } from '../../util/processes.js';
import { type Sshd, startSshd } from '../../util/sshd.js';

const doing = 'try it';
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lunsmith-root-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function reach(sshd: Sshd, environment = sshd.environment, destination = sshd.destination) {
  const facts = hostFacts(root, { transport: { kind: 'ssh', destination } });
  return openHost(facts, ports, environment);
}

async function inTemporaryFolder(folder: string, work: () => Promise<void>): Promise<void> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

const KINDS = {
  coreutils: {},
  busybox: { busyboxAnd: [] },
} as const;

describe.each(['coreutils', 'busybox'] as const)('a host with %s', (kind) => {
  let sshd: Sshd;
  let host: TargetHost;
  beforeAll(async () => {
    sshd = await startSshd(ports, KINDS[kind]);
  });
  afterAll(() => sshd[Symbol.asyncDispose]());
  beforeEach(async () => {
    host = await reach(sshd);
  });
  afterEach(() => host[Symbol.asyncDispose]());

  it('has these tools', async () => {
    const { stdout } = await host.run(['sh', '-c', 'mv --help 2>&1'], { doing, quiet: true });
    expect(stdout.startsWith('BusyBox')).toBe(kind === 'busybox');
  });

  it('gets input, gives output, error output and exit code', async () => {
    const script = 'cat; echo lost >&2; exit 3';
    const asked = host.run(['sh', '-c', script], { doing, input: 'a\nb', okExitCodes: [3] });
    expect(await asked).toEqual({ stdout: 'a\nb', stderr: 'lost', exitCode: 3 });
  });

  it('gets each argument as it is', async () => {
    const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1 }), async (words) => {
        const { stdout } = await host.run(['printf', '%s\\0', ...words], { doing, quiet: true });
        expect(stdout.split('\0').slice(0, -1)).toEqual(words);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it('gives in a shell that stays what it gives in a session of its own', async () => {
    const scripts = [
      'exit 0',
      'printf "no end of line"; printf "none either" >&2; exit 3',
      'printf "a\\n\\n\\n"; printf "b\\n\\n" >&2',
      'printf "\\r\\n \\360\\237\\246\\212 \\342\\200\\250x"; exit 4',
      'cat; head -c 200000 /dev/zero | tr "\\0" x',
      'exec cat >&2',
      'exit 4',
    ];
    for (const input of [undefined, 'one line\ntwo', '']) {
      for (const script of scripts) {
        const options = { doing, okExitCodes: [0, 3, 4], ...(input === undefined ? {} : { input }) };
        const own = await host.run(['sh', '-c', script], options);
        expect(await host.run(['sh', '-c', script], { ...options, quiet: true })).toEqual(own);
      }
    }
  });

  it('keeps files that it is given, whole and with their mode', async () => {
    const path = join(root, "a folder's", 'new', 'file');
    expect(await host.read(path)).toBeUndefined();
    await host.write(path, 'one\n', { mode: 0o640 });
    expect(await host.read(path)).toBe('one\n');
    expect((await stat(path)).mode & 0o7777).toBe(0o640);
    expect((await stat(join(root, "a folder's"))).mode & 0o777).toBe(0o755);
    const bytes = new Uint8Array(300_000).map((_, index) => index % 251);
    await host.write(path, bytes, { mode: 0o600 });
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
    await host.write(path, '', { mode: 0o600 });
    expect(await host.read(path)).toBe('');
    expect(readdirSync(join(root, "a folder's", 'new'))).toEqual(['file']);
  });

  it('is told of a tool that is not there', async () => {
    const failure = await failureOf(host.run(['no-such-tool', 'x'], { doing: 'list volumes' }));
    expect(failure.kind).toBe('host');
    expect(failure.diagnostics[0]).toMatchObject({
      what: 'Cannot list volumes: the program no-such-tool is missing on san1.',
      hint: 'Install it on san1: in Debian `apt-file search bin/no-such-tool` tells its package. Then run the same command again.',
    });
    expect(failure.command?.argv).toEqual(['no-such-tool', 'x']);
  });

  it.each([1, 255])('tells a tool that ended with %d from a lost connection', async (code) => {
    const failure = await failureOf(
      host.run(['sh', '-c', `echo bad luck >&2; exit ${code}`], { doing: 'add a target' }),
    );
    expect(failure.toRecord()).toEqual({
      kind: 'tool',
      diagnostics: [{ what: 'Could not add a target.', found: `sh on san1: exit code ${code}` }],
      command: {
        argv: ['sh', '-c', `echo bad luck >&2; exit ${code}`],
        exitCode: code,
        lastLines: ['bad luck'],
      },
    });
  });

  it('is told when the disk there is full', async () => {
    const failure = await failureOf(host.run(['cp', '/etc/hostname', '/dev/full'], { doing: 'copy' }));
    expect(failure.kind).toBe('space');
    const { what, found, hint } = failure.diagnostics[0];
    expect(what).toMatch(/^Could not copy: the file system of \S+ on san1 is full\.$/);
    expect(found).toMatch(/^cp: .*No space left on device$/);
    expect(hint).toMatch(/^Remove releases that nothing needs: .* Then run the same command again\.$/);
  });

  it('runs many tools at once', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => String(index));
    const all = await Promise.all(
      numbers.map((number) => host.run(['echo', number], { doing, quiet: true })),
    );
    expect(all.map(({ stdout }) => stdout.trim())).toEqual(numbers);
  });

  it('ends what was started with us, also a tool that does not look at its input', async () => {
    const tool = await host.start(['sleep', '98765'], { doing });
    const deadline = Date.now() + 5000;
    while (!(await commandLines()).includes('sleep 98765')) {
      if (Date.now() > deadline) throw new Error('it was never started');
      await delay(10);
    }
    await tool[Symbol.asyncDispose]();
    await untilGone('sleep 98765');
  });

  it('tells how a started tool ended by itself', async () => {
    const tool = await host.start(['sh', '-c', 'echo done; exit 7'], { doing });
    expect(await tool.ended).toEqual({ exitCode: 7 });
    expect(tool.lastLines()).toEqual(['done']);
  });

  it('lends its sockets', async () => {
    const path = join(root, 'service');
    const server = createServer((socket) => socket.end('hello')).listen(path);
    await once(server, 'listening');
    {
      await using near = await host.socket(path);
      expect(Buffer.byteLength(near.path)).toBeLessThanOrEqual(107);
      const [data] = (await once(createConnection(near.path), 'data')) as [Buffer];
      expect(String(data)).toBe('hello');
    }
    server.close();
  });
});

describe('a connection', () => {
  it('leaves no folder and no process behind', async () => {
    await using sshd = await startSshd(ports);
    await inTemporaryFolder(root, async () => {
      const host = await reach(sshd);
      const [made, ...more] = readdirSync(root);
      expect([made?.startsWith('lunsmith-ssh-'), more]).toEqual([true, []]);
      const ours = async () => (await commandLines()).filter((line) => line.includes(String(made)));
      expect(await ours()).toHaveLength(1);
      await host.run(['true'], { doing, quiet: true });
      // The shell that stays.
      expect(await ours()).toHaveLength(2);
      await host[Symbol.asyncDispose]();
      expect(readdirSync(root)).toEqual([]);
      await untilGone(String(made));
    });
  });

  it('that a port is closed is told of', async () => {
    await using sshd = await startSshd(ports);
    await sshd.kill();
    const failure = await failureOf(reach(sshd));
    expect(failure.kind).toBe('network');
    const { what, found, hint } = failure.diagnostics[0];
    expect(what).toBe('Cannot reach the target host san1 by ssh.');
    expect(found).toMatch(/^ssh: connect to host 127\.0\.0\.1 port \d+: Connection refused$/);
    expect(hint).toBe('See what ssh itself says: ssh -o BatchMode=yes san1 true');
  });

  it('that does not let us in is told of', async () => {
    await using sshd = await startSshd(ports);
    await writeFile(join(sshd.folder, 'authorized_keys'), '');
    const failure = await failureOf(reach(sshd));
    expect(failure.diagnostics[0].found).toMatch(/Permission denied \(publickey\)\.$/);
  });

  it('that breaks is told of, once and for all', async () => {
    await using sshd = await startSshd(ports);
    await using host = await reach(sshd);
    await host.run(['true'], { doing });
    const running = failureOf(host.run(['sleep', '98766'], { doing: 'wait' }));
    await sshd.kill();
    const expected = { what: 'The connection to san1 is lost: could not wait.' };
    expect((await running).diagnostics[0]).toMatchObject(expected);
    const later = await failureOf(host.run(['true'], { doing: 'go on' }));
    expect([later.kind, later.diagnostics[0].what, later.diagnostics[0].hint]).toEqual([
      'network',
      'The connection to san1 is lost: could not go on.',
      'Run the same command again: it goes on, or begins anew, from a whole state.',
    ]);
    await untilGone('sleep 98766');
  });

  it('over which a file comes in part only leaves the file as it was', async () => {
    await using sshd = await startSshd(ports);
    await using host = await reach(sshd);
    const path = join(root, 'file');
    await host.write(path, 'whole', { mode: 0o644 });
    const writing = failureOf(host.write(path, new Uint8Array(200_000_000), { mode: 0o644 }));
    while (!readdirSync(root).some((name) => name.endsWith('.partial'))) await delay(5);
    await sshd.kill();
    expect((await writing).kind).toBe('network');
    expect(await readFile(path, 'utf8')).toBe('whole');
    // Removed by the host itself, which may first have to write what it has got.
    await expect.poll(() => readdirSync(root), { timeout: 60_000 }).toEqual(['file']);
  });

  it('starts the login shell once for many tools, and never more often than sshd allows', async () => {
    const starts = join(root, 'starts');
    await using sshd = await startSshd(ports, { startUp: `echo >>${starts}`, lines: ['MaxSessions 7'] });
    await using host = await reach(sshd);
    const many = Array.from({ length: 40 }, (_, index) => String(index));
    for (const word of many) await host.run(['echo', word], { doing, quiet: true });
    await host.write(join(root, 'file'), 'x', { mode: 0o644 });
    expect((await readFile(starts, 'utf8')).length).toBe(2);
    // One of its own, beside which the shell stays.
    await host.run(['true'], { doing });
    await host.run(['true'], { doing, quiet: true });
    expect((await readFile(starts, 'utf8')).length).toBe(3);
    // In shells that stay and in sessions of their own, side by side.
    const all = many.map((word, index) => host.run(['echo', word], { doing, quiet: index % 3 !== 0 }));
    expect((await Promise.all(all)).map(({ stdout }) => stdout.trim())).toEqual(many);
    // Five at once in shells that stay, then five in sessions of their own, each of which waits for the others: the shells have to go.
    const together =
      'mkdir -p "$1"; true >"$1/$2"; until [ "$(ls "$1" | wc -l)" -eq 5 ]; do sleep 0.05; done';
    for (const quiet of [true, false]) {
      const at = (word: string) => ['sh', '-c', together, 'sh', join(root, `quiet-${quiet}`), word] as const;
      await Promise.all(many.slice(0, 5).map((word) => host.run(at(word), { doing, quiet })));
    }
  });

  it('whose shell on the host is ended goes on in another', async () => {
    await using sshd = await startSshd(ports);
    await using host = await reach(sshd);
    const kill = ['sh', '-c', 'kill -9 -- -$(ps -o pgid= -p $$ | tr -d " ")'] as const;
    const failure = await failureOf(host.run(kill, { doing: 'go on', quiet: true }));
    expect(failure.kind).toBe('tool');
    expect((await host.run(['echo', 'here'], { doing, quiet: true })).stdout).toBe('here\n');
  });

  it('that takes too few sessions is told of', async () => {
    await using sshd = await startSshd(ports, { lines: ['MaxSessions 2'] });
    await using host = await reach(sshd);
    let tell: () => void = () => undefined;
    const there = new Promise<void>((resolve) => (tell = resolve));
    const options = { doing, quiet: true, onLine: () => tell() };
    await using _one = await host.start(['sh', '-c', 'echo there; exec cat'], options);
    await there;
    const failure = await failureOf(host.run(['true'], { doing: 'go on' }));
    expect(failure.kind).toBe('network');
    expect(failure.diagnostics[0].what).toBe(
      'san1 takes no further session on one connection: could not go on.',
    );
  });

  it('is made where the temporary folder has a long name, too', async () => {
    await using sshd = await startSshd(ports);
    const long = join(root, 'x'.repeat(100));
    await mkdir(long);
    await inTemporaryFolder(long, async () => {
      await using host = await reach(sshd);
      expect((await host.run(['echo', 'here'], { doing })).stdout).toBe('here\n');
    });
  });
});
