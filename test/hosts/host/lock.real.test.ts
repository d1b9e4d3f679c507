import { readFile, truncate, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Event } from '../../../base/event.js';
import type { Failure } from '../../../base/failure.js';
import { openDirectory } from '../../../hosts/host/directory.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { takeHostLock } from '../../../hosts/host/lock.js';
import { openHost } from '../../../hosts/host/open.js';
import { writeBy } from '../../../hosts/host/write.js';
import { ports, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { hostFacts } from '../../util/hosts.js';
import { startSshd } from '../../util/sshd.js';

let folder: TestFolder;
let path: string;
beforeEach(async () => {
  folder = await testFolder();
  path = folder.at('root/lock');
});
afterEach(() => folder[Symbol.asyncDispose]());

/** A call that finds the lock taken: what it is told, and its lock when it has it. */
async function waiter(host: TargetHost, words: string) {
  let tell: (event: Event) => void = () => undefined;
  const told = new Promise<Event>((resolve) => {
    tell = resolve;
  });
  const lock = takeHostLock(host, { path, words }, { ...ports, emit: tell });
  return { told: await told, lock };
}

it('is held by one, who is told of to the next', async () => {
  const host = openDirectory(hostFacts(folder.at('root')), ports);
  const first = await takeHostLock(host, { path, words: "promote stable,\nanna's" }, ports);
  const [words, process] = (await readFile(path, 'utf8')).split('\n');
  expect(words).toBe("promote stable, anna's");
  const second = await waiter(host, 'the second');
  expect(second.told).toEqual({
    type: 'warning',
    message: "Waiting for san1: promote stable, anna's has it locked.",
    hint: `It ends by itself, or with its connection. If its machine is gone, end process ${process} on san1.`,
  });
  await first[Symbol.asyncDispose]();
  await using _held = await second.lock;
  expect(await readFile(path, 'utf8')).toMatch(/^the second\n\d+\n$/);
});

it('is released by ending the process that is named', async () => {
  const host = openDirectory(hostFacts(folder.at('root')), ports);
  const gone = await takeHostLock(host, { path, words: 'by a machine that is gone' }, ports);
  const second = await waiter(host, 'the second');
  const [, holder = ''] = (await readFile(path, 'utf8')).split('\n');
  await ports.run(['kill', holder], { doing: 'end the holder' });
  await using _held = await second.lock;
  await gone[Symbol.asyncDispose]();
});

it('is had once the writes that an earlier holder began are over, for they outlive it', async () => {
  const host = openDirectory(hostFacts(folder.at('root')), ports);
  const [began, mayEnd] = [folder.at('began'), folder.at('may-end')];
  await ports.run(['mkfifo', began, mayEnd], { doing: 'make pipes' });
  // In the place of sync(1), in the middle of a write.
  await writeFile(folder.at('sync'), `#!/bin/sh\necho >${began}\nread _ <${mayEnd}\n`, { mode: 0o755 });
  const env = { PATH: `${folder.path}:${process.env['PATH']}` };
  const slow = writeBy((argv, options) => ports.run(argv, { ...options, env }), host.facts.root);
  const written = slow(folder.at('root/file'), 'old', { mode: 0o644 });
  await readFile(began);
  const next = await waiter(host, 'the next');
  expect(next.told).toEqual({
    type: 'warning',
    message: 'Waiting for san1: a write of an earlier call has it locked.',
  });
  // Another one is not kept from writing.
  await host.write(folder.at('root/other'), 'new', { mode: 0o644 });
  await writeFile(mayEnd, '\n');
  await written;
  await using _held = await next.lock;
  expect(await readFile(folder.at('root/file'), 'utf8')).toBe('old');
});

it('is told of without a hint where its file does not say who has it', async () => {
  const host = openDirectory(hostFacts(folder.at('root')), ports);
  const first = await takeHostLock(host, { path, words: 'the first' }, ports);
  await truncate(path);
  const second = await waiter(host, 'the second');
  expect(second.told).toEqual({ type: 'warning', message: 'Waiting for san1: somebody has it locked.' });
  await first[Symbol.asyncDispose]();
  await (await second.lock)[Symbol.asyncDispose]();
});

it.each(['coreutils', 'busybox'])('ends with the connection to a host with %s', async (kind) => {
  await using sshd = await startSshd(ports, kind === 'busybox' ? { busyboxAnd: ['/usr/bin/flock'] } : {});
  const facts = hostFacts(folder.at('root'), {
    transport: { kind: 'ssh', destination: sshd.destination },
  });
  const near = openDirectory(facts, ports);
  const host = await openHost(facts, ports, sshd.environment);
  const held = await takeHostLock(host, { path, words: 'by ssh' }, ports);
  const next = await waiter(near, 'near');
  expect(next.told).toMatchObject({ message: 'Waiting for san1: by ssh has it locked.' });
  await sshd.kill();
  await using _free = await next.lock;
  await held[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

it('that cannot be made is told of', async () => {
  const host = openDirectory(hostFacts('/proc/no/folder'), ports);
  const failure = await takeHostLock(host, { path: '/proc/no/lock', words: 'x' }, ports).then(
    () => undefined,
    (error: unknown) => error as Failure,
  );
  expect(failure?.diagnostics[0]).toMatchObject({
    what: 'Could not lock san1.',
    expected: '/proc/no/lock on a file system that knows flock(2), and the program flock',
  });
});
