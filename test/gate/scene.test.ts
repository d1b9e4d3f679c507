import { expect, it } from 'vitest';
import { openScene, type SceneOptions } from '../../gate/scene.js';
import { failureOf } from '../util/failure-of.js';

it.each([
  [{ platform: 'pc', vlan: 5 }, 'The VLAN of its boot NIC is a second network, which takes a tap device.'],
  [
    { platform: 'raspberry-pi' },
    'The firmware of a Raspberry Pi is a machine of its own beside QEMU, which takes a bridge and a tap device.',
  ],
])('a release of %j is refused in QEMU’s own network, with the reason', async (manifest, hint) => {
  const options = { request: { manifest, network: 'user' } } as unknown as SceneOptions;
  const failure = await failureOf(openScene(options));
  expect([failure.kind, failure.diagnostics]).toEqual([
    'usage',
    [
      {
        what: 'This release is not booted in QEMU’s own network.',
        expected: '`--network tap` or `auto`',
        hint,
      },
    ],
  ]);
});
