import { expect, it } from 'vitest';
import { kvmDenied, probeKvm } from '../../gate/accelerator.js';
import { ports } from '../artifacts/formats/tools.js';

it('tells what keeps a machine from starting under KVM', async () => {
  const problem = await probeKvm(ports);
  const denied = await kvmDenied();
  if (problem === undefined) expect(denied).toBeUndefined();
  else expect(problem).toMatch(/^(iPXE does not start under KVM within \d+ s|QEMU with KVM ended: .+)$/);
});
