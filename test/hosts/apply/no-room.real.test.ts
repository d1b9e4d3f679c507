/** A host at the quota of its account. No kernel that the tests can count on has quotas, so a port refuses every write as one would. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { applyChange, needsRepair, readState } from '../../../hosts/apply.js';
import type { Intent } from '../../../hosts/change/intent.js';
import { tellingOfDisk } from '../../../hosts/host/disk-refusals.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { type HostRig, hostRig, picture, wishesOf } from '../../util/host-rig.js';
import { clientFacts } from '../../util/hosts.js';

let rig: HostRig;
beforeEach(async () => {
  rig = await hostRig();
});
afterEach(() => rig[Symbol.asyncDispose]());
const { promote, add, act } = wishesOf(() => rig);

/** Takes no file as long as the reserve is there, and any when it is not. */
function atQuota(): TargetHost {
  const refuse = async () => {
    if ((await stat(join(rig.root, 'reserve')).catch(() => undefined)) === undefined) return;
    const lastLines = ['sh: 12: cannot create x: Disk quota exceeded'];
    throw new Failure('space', { what: 'Full.' }, { command: { argv: ['sh'], exitCode: 2, lastLines } });
  };
  return tellingOfDisk({
    ...rig.host,
    write: async (...given) => {
      await refuse();
      await rig.host.write(...given);
    },
    run: async (argv, options) => {
      if (options.input !== undefined) await refuse();
      return await rig.host.run(argv, options);
    },
  });
}

it('what frees room is done in the place of the room that was kept, which the next change keeps again', async () => {
  await promote('v1');
  await add(1);
  await applyChange(atQuota(), { kind: 'remove', client: 'web1' }, rig.options, rig.ports);
  expect(Object.keys((await readState(rig.host)).clients)).toEqual([]);
  expect(await needsRepair(rig.host)).toBe(false);
  await promote('v2');
  expect((await stat(join(rig.root, 'reserve'))).size).toBeGreaterThanOrEqual(2 ** 20);
});

it('what frees none is refused with what it is, and changes nothing', async () => {
  await promote('v1');
  await add(1);
  await promote('v2');
  const before = await picture(rig.folder);
  const intents: Intent[] = [
    { kind: 'rollback', channel: 'stable' },
    { kind: 'add', client: clientFacts(2) },
    { kind: 'reset', client: 'web1' },
    { kind: 'rotate', client: clientFacts(1, { secret: 'env:OTHER' }) },
  ];
  for (const intent of intents) {
    await expect(applyChange(atQuota(), intent, rig.options, rig.ports)).rejects.toMatchObject({
      kind: 'space',
      diagnostics: [
        {
          what: expect.stringMatching(
            /: the file system of \S+ on san1 is at the quota of the account\.$/,
          ) as unknown,
          hint: expect.stringMatching(/^Raise the quota on san1\. .*release prune/) as unknown,
        },
      ],
    });
    // What was begun of it could not be marked as removed either: it goes with the next change.
    await act({ kind: 'rollback', channel: 'stable', from: rig.releases.v1.digest }).catch(() => undefined);
    expect(await picture(rig.folder)).toEqual(before);
  }
});
