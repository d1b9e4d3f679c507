import { expect, it } from 'vitest';
import type { Event } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import { chooseAccelerator } from '../../gate/accelerator.js';
import { ports } from '../artifacts/formats/tools.js';

it('takes software emulation without a look when it is asked for', async () => {
  const refuse = () => Promise.reject(new Error('nothing is to be started'));
  expect(await chooseAccelerator('tcg', { ...ports, start: refuse })).toBe('tcg');
});

it('takes KVM where it works, else says why not, and refuses when it is demanded', async () => {
  const events: Event[] = [];
  const used = { ...ports, emit: (event: Event) => events.push(event) };
  const chosen = await chooseAccelerator('auto', used, 'bios-san');
  const demanded = await chooseAccelerator('kvm', used).catch((error: unknown) => error);
  if (chosen === 'kvm') {
    expect([demanded, events]).toEqual(['kvm', []]);
    return;
  }
  expect(events).toEqual([
    {
      type: 'warning',
      task: 'bios-san',
      message: expect.stringMatching(/^Booting by software emulation, which is slower: .+\.$/) as string,
    },
  ]);
  expect(demanded).toBeInstanceOf(Failure);
  expect((demanded as Failure).toRecord()).toMatchObject({
    kind: 'host',
    diagnostics: [{ what: 'QEMU cannot use KVM on this host.', expected: 'iPXE to start under KVM' }],
  });
});
