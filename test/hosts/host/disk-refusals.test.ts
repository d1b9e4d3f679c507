import { expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { tellingOfDisk } from '../../../hosts/host/disk-refusals.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { takeHostLock } from '../../../hosts/host/lock.js';
import { hostFacts } from '../../util/hosts.js';

/** A host of which every tool ends with that line. */
function hostThatSays(line: string): TargetHost {
  const refuse = () =>
    Promise.reject(
      new Failure(
        'tool',
        { what: 'Could not work.' },
        { command: { argv: ['x'], exitCode: 1, lastLines: [line] } },
      ),
    );
  return tellingOfDisk({
    facts: hostFacts('/srv/lunsmith'),
    run: refuse,
    write: refuse,
    start: () =>
      Promise.resolve({
        ended: Promise.resolve({ exitCode: 1, signal: undefined }),
        lastLines: () => [line],
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  } as unknown as TargetHost);
}

it.each([
  ['cp: error writing ‘x’: No space left on device', 'space', 'is full'],
  ['sh: 3: cannot create x: Disk quota exceeded', 'space', 'is at the quota of the account'],
  ['mkdir: cannot create directory ‘x’: Read-only file system', 'host', 'is read-only'],
  ['sync: error syncing ‘x’: Input/output error', 'host', 'fails'],
] as const)('tells of the disk of the host: %s', async (line, kind, state) => {
  const host = hostThatSays(line);
  const lock = { path: '/srv/lunsmith/lock', words: 'a test' };
  const told = (doing: string) => ({
    kind,
    diagnostics: [
      {
        what: `Could not ${doing}: the file system of /srv/lunsmith on san1 ${state}.`,
        found: line,
        hint: expect.stringContaining('san1') as unknown,
      },
    ],
  });
  await expect(host.run(['x'], { doing: 'work' })).rejects.toMatchObject(told('work'));
  await expect(host.write('/a', '', { mode: 0o644 })).rejects.toMatchObject(told('write /a'));
  const ports = { emit: () => undefined, signal: new AbortController().signal };
  await expect(takeHostLock(host, lock, ports)).rejects.toMatchObject(told('lock san1'));
});

it('leaves what says nothing of a disk as it is', async () => {
  await expect(hostThatSays('x: not found').run(['x'], { doing: 'work' })).rejects.toMatchObject({
    kind: 'tool',
    diagnostics: [{ what: 'Could not work.' }],
  });
});
