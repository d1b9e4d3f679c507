import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Failure } from '../../../artifacts/failure.js';
import { openDirectory } from '../../../artifacts/publish/directory.js';
import type { TargetHost } from '../../../artifacts/publish/host.js';
import { takeHostLock } from '../../../artifacts/publish/host-lock.js';
import { openHost } from '../../../artifacts/publish/open-host.js';
import type { Event } from '../../../pipeline/event.js';
import { hostFacts } from '../../util/hosts.js';
import { startSshd } from '../../util/sshd.js';
import { ports, type TestFolder, testFolder } from '../formats/tools.js';

let folder: TestFolder;
let path: string;
beforeEach(async () => {
  folder = await testFolder();
  path = folder.at('root/lock');
});
afterEach(() => folder[Symbol.asyncDispose]());

const fail = (words: string) => ({ path, words, taken: 'fail' as const });

async function refusalOf(host: TargetHost): Promise<Failure> {
  return takeHostLock(host, fail('another'), ports).then(
    () => {
      throw new Error('it was free');
    },
    (error: unknown) => error as Failure,
  );
}

it('is held by one, who is told of to the next', async () => {
  const host = openDirectory(hostFacts(folder.at('root')), ports);
  {
    await using _held = await takeHostLock(host, fail("promote stable,\nanna's"), ports);
    expect((await refusalOf(host)).toRecord()).toEqual({
      kind: 'host',
      diagnostics: [
        {
          what: 'Somebody else is changing san1.',
          found: "promote stable, anna's",
          hint: 'Wait until that has ended, then run the same command again.',
        },
      ],
    });
  }
  await using _next = await takeHostLock(host, fail('next'), ports);
  expect(await readFile(path, 'utf8')).toBe('next\n');
});

it('is waited for, with a word of who has it', async () => {
  const host = openDirectory(hostFacts(folder.at('root')), ports);
  const first = await takeHostLock(host, fail('the first'), ports);
  let tell: (event: Event) => void = () => undefined;
  const told = new Promise<Event>((resolve) => {
    tell = resolve;
  });
  const second = takeHostLock(host, { path, words: 'the second', taken: 'wait' }, { ...ports, emit: tell });
  expect(await told).toEqual({
    type: 'warning',
    message: 'Waiting for san1: the first has it locked.',
  });
  await first[Symbol.asyncDispose]();
  await using _held = await second;
  expect((await refusalOf(host)).diagnostics[0].found).toBe('the second');
});

it.each(['coreutils', 'busybox'])('ends with the connection to a host with %s', async (kind) => {
  await using sshd = await startSshd(ports, kind === 'busybox' ? { busyboxAnd: ['/usr/bin/flock'] } : {});
  const facts = hostFacts(folder.at('root'), {
    transport: { kind: 'ssh', destination: sshd.destination },
  });
  const near = openDirectory(facts, ports);
  const host = await openHost(facts, ports, sshd.environment);
  const held = await takeHostLock(host, fail('by ssh'), ports);
  expect((await refusalOf(near)).diagnostics[0].found).toBe('by ssh');
  await sshd.kill();
  await using _free = await takeHostLock(near, { path, words: 'near', taken: 'wait' }, ports);
  await held[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

it('that cannot be made is told of', async () => {
  const host = openDirectory(hostFacts('/proc/no/folder'), ports);
  const failure = await takeHostLock(host, { path: '/proc/no/lock', words: 'x', taken: 'fail' }, ports).then(
    () => undefined,
    (error: unknown) => error as Failure,
  );
  expect(failure?.diagnostics[0]).toMatchObject({
    what: 'Could not lock san1.',
    expected: '/proc/no/lock on a file system that knows flock(2), and the program flock',
  });
});
