import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Failure } from '../../../base/failure.js';
import { openSsh } from '../../../hosts/host/ssh.js';
import { sendRelease } from '../../../hosts/publish/transfer.js';
import { startSshd } from '../../util/sshd.js';
import { block, differences, transferRig } from './transfer-rig.js';

function image(first: number, count: number): Record<number, Buffer> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [first + at, block(at)]));
}

it('sends over ssh, loses the connection, and goes on', async () => {
  await using rig = await transferRig();
  await using sshd = await startSshd(rig.ports);
  const facts = {
    ...rig.facts,
    root: join(rig.folder, "a host's root"),
    transport: { kind: 'ssh', destination: sshd.destination } as const,
  };
  const v1 = await rig.release({ image: image(100, 1500) });
  const v2 = await rig.release({ image: { ...image(200, 1500), ...image(3000, 3000) } });
  {
    await using host = await openSsh(facts, rig.ports, sshd.environment);
    await sendRelease(host, v1, rig, rig.ports);
    // The connection is gone at the first word of how far it is.
    const emit = (event: { type: string; what?: string }) => {
      if (event.what === 'send to san1') void sshd.kill();
    };
    const broken = sendRelease(host, v2, rig, { ...rig.ports, emit });
    const { kind } = await broken.then(
      () => expect.unreachable('nothing was thrown'),
      (error: unknown) => error as Failure,
    );
    expect(kind).toBe('network');
  }
  await using again = await startSshd(rig.ports);
  await using host = await openSsh(facts, rig.ports, again.environment);
  const { seed } = await sendRelease(host, v2, rig, rig.ports);
  expect(seed).toBe(v1.digest);
  for (const { path, digest } of [v1, v2]) {
    expect(await differences(path, join(facts.root, 'releases', digest))).toEqual([]);
  }
});
