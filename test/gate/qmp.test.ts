import { expect, it } from 'vitest';
import { openQmp, type QmpEvent } from '../../gate/qmp.js';
import { duplexPair } from './duplex-pair.js';

/** A stream whose other end answers like QEMU. */
function fakeQemu(answer: (command: string) => object) {
  const [ours, theirs] = duplexPair();
  theirs.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
  theirs.on('data', (data: Buffer) => {
    for (const line of data.toString().trim().split('\n')) {
      const { execute } = JSON.parse(line) as { execute: string };
      theirs.write(`${JSON.stringify(answer(execute))}\r\n`);
    }
  });
  return { ours, theirs };
}

it('waits for the greeting, then gets answers in order', async () => {
  const commands: string[] = [];
  const { ours } = fakeQemu((command) => {
    commands.push(command);
    return { return: { did: command } };
  });
  const qmp = await openQmp(ours, () => undefined);
  expect(await Promise.all([qmp.execute('cont'), qmp.execute('query-status')])).toEqual([
    { did: 'cont' },
    { did: 'query-status' },
  ]);
  expect(commands).toEqual(['qmp_capabilities', 'cont', 'query-status']);
});

it('tells events, also between answers', async () => {
  const events: QmpEvent[] = [];
  const { ours, theirs } = fakeQemu(() => ({ return: {} }));
  const qmp = await openQmp(ours, (event) => events.push(event));
  theirs.write(
    '{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}, "timestamp": {}}\r\n',
  );
  theirs.write('{"event": "RESUME"}\r\n');
  await qmp.execute('cont');
  expect(events).toEqual([
    { name: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } },
    { name: 'RESUME', data: {} },
  ]);
});

it('says what QEMU did not like', async () => {
  const { ours } = fakeQemu((command) =>
    command === 'screendump' ? { error: { class: 'GenericError', desc: 'no console' } } : { return: {} },
  );
  const qmp = await openQmp(ours, () => undefined);
  await expect(qmp.execute('screendump')).rejects.toMatchObject({
    kind: 'tool',
    diagnostics: [{ what: 'QEMU did not do what it was told: screendump.', found: 'no console' }],
  });
});

it('does not wait for a QEMU that is gone', async () => {
  const { ours, theirs } = fakeQemu(() => ({ return: {} }));
  const qmp = await openQmp(ours, () => undefined);
  theirs.removeAllListeners('data');
  const waiting = qmp.execute('cont');
  ours.destroy();
  await expect(waiting).rejects.toMatchObject({ diagnostics: [{ found: 'it ended' }] });
  await expect(qmp.execute('cont')).rejects.toMatchObject({ diagnostics: [{ found: 'it is gone' }] });
});

it('a connection that breaks off is one that has ended', async () => {
  const { ours } = fakeQemu((command) => (command === 'cont' ? { event: 'NONE' } : { return: {} }));
  const qmp = await openQmp(ours, () => undefined);
  const waiting = qmp.execute('cont');
  ours.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  await expect(waiting).rejects.toMatchObject({
    kind: 'tool',
    diagnostics: [{ what: 'QEMU did not do what it was told: cont.', found: 'it ended' }],
  });
});
