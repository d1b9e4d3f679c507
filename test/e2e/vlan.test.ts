/**
 * A root in a tagged VLAN of the boot NIC. Its release is built, and offers what it can; with every cell of the matrix (`npm run test:all`) the gate
 * boots it in a network where the tag alone leads to the target, and a release that knows nothing of the VLAN finds no target there.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import type { Proof } from '../../artifacts/release/proof.js';
import type { Release } from '../../artifacts/release/release.js';
import type { NotDecided } from '../../gate/broken.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { GateJob } from '../inside/gate.js';
import { clientRelease, VLAN, vlanRelease } from '../util/build.js';
import { cellSeed } from '../util/cells.js';
import { lunsmith } from '../util/cli.js';
import { expectBooted, expectRefused, proveShipped } from '../util/proofs.js';

it('is in the release, which iPXE boots by kernel and initramfs alone', async () => {
  const { manifest, path } = await vlanRelease();
  expect(manifest.vlan).toBe(VLAN);
  expect(manifest.boot.map(({ method }) => method)).toEqual(['direct']);
  const read = async (file: string) => (await lunsmith(['cat', path, file])).stdout;
  expect(await read('/etc/initramfs-tools/scripts/init-premount/lunsmith-vlan')).toContain(`\nid=${VLAN}\n`);
  expect(await read('/etc/systemd/network/00-boot-vlan.network')).toContain(`Name=*.${VLAN} vlan${VLAN}\n`);
  const san = await lunsmith(['prove', path, '--path', 'san']);
  expect(san.exitCode).not.toBe(0);
  expect(san.stderr).toContain('cannot be booted like that');
});

if (cellSeed() === 'all') {
  const prove = ({ path }: Release, cells: readonly Proof['cell'][]) =>
    proveShipped(
      {
        release: path,
        cells: () => cells,
        accel: 'auto',
        parallel: 2,
        workspace: join(inject('shared'), 'workspace'),
      },
      AbortSignal.timeout(3_600_000),
    );
  const VLAN_CHECK = 'VLAN of the boot NIC';

  it('boots by each firmware, keeps its network through a reboot and a power-off, and is refused by the wrong secret', async () => {
    const proofs = await prove(await vlanRelease(), [
      { firmware: 'bios', path: 'direct', secret: 'right' },
      { firmware: 'uefi', path: 'direct', secret: 'right' },
      { firmware: 'bios', path: 'direct', secret: 'wrong' },
    ]);
    const of = (firmware: string, secret: string) =>
      proofs.find(({ cell }) => cell.firmware === firmware && cell.secret === secret);
    for (const firmware of ['bios', 'uefi']) {
      expectBooted(of(firmware, 'right'));
      const found = of(firmware, 'right')?.checks.find(({ name }) => name === VLAN_CHECK)?.found;
      expect(found).toMatch(new RegExp(`^en\\w+\\.${VLAN} with the tag ${VLAN}, target at `));
    }
    expectRefused(of('bios', 'wrong'));
  });

  it('Debian 13 boots, with a networkd that has the lease of the VLAN', async () => {
    const more = {
      suite: 'trixie',
      steps: [{ uses: 'services', with: { enable: ['systemd-networkd'] } }],
      network: { 'renew-lease': true },
    };
    const [proof] = await prove(await vlanRelease('vlan-trixie', more), [
      { firmware: 'uefi', path: 'direct', secret: 'right' },
    ]);
    expectBooted(proof);
  });

  it('a system without the tag finds no target there', async () => {
    const { path, manifest, digest } = await clientRelease();
    const home = join(inject('shared'), 'vlan-without');
    await mkdir(join(home, 'scratch'), { recursive: true });
    const payload: GateJob = {
      release: path,
      // It is led to where one with the VLAN would be.
      manifest: { ...manifest, vlan: VLAN },
      digest,
      cell: { firmware: 'bios', path: 'direct', secret: 'right' },
      accelerator: 'tcg',
      evidence: join(home, 'evidence'),
      scratch: join(home, 'scratch'),
    };
    const job = { module: 'test/inside/gate.js', payload, network: 'own' } as const;
    const outcome = await enterSandbox(job, () => undefined, AbortSignal.timeout(3_600_000));
    const proof = outcome as Proof | NotDecided;
    expect('passed' in proof && proof.passed).toBe(false);
    const reached = proof.milestones.map(({ milestone }) => milestone);
    expect(reached).toContain('kernel');
    expect(reached).not.toContain('initramfs-login');
  });
}
