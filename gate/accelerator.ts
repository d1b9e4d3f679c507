/**
 * Whether QEMU can use KVM here. That /dev/kvm exists says little: on some virtual machines iPXE hangs under
 * KVM. So a machine is started that has nothing but iPXE in it.
 */

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { PC } from '../artifacts/platform/pc.js';
import { Failure } from '../base/failure.js';
import type { Argv, Ports } from '../base/ports.js';
import { accelerate } from './qemu.js';

/** Seconds; with a KVM that works it takes less than one. */
const PROBE_SECONDS = 10;
/** What iPXE prints once it has initialised its devices. */
const ALIVE = 'Features: ';

/** What keeps this process from using KVM, if anything, before a machine is started. */
export async function kvmDenied(): Promise<string | undefined> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return `/dev/kvm cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
  }
}

/** Starts a machine by KVM. @returns what kept it from working, or undefined */
export async function probeKvm(ports: Ports): Promise<string | undefined> {
  let alive: () => void = () => undefined;
  const seen = new Promise<'alive'>((resolve) => {
    alive = () => resolve('alive');
  });
  await using machine = await ports.start(probeArgv(), {
    doing: 'try QEMU with KVM',
    quiet: true,
    onLine: (line) => {
      if (line.trimStart().startsWith(ALIVE)) alive();
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), PROBE_SECONDS * 1000);
  });
  const first = await Promise.race([seen, late, machine.ended]);
  clearTimeout(timer);
  if (ports.signal.aborted) throw new Failure('interrupted', { what: 'Interrupted: could not try KVM.' });
  if (first === 'alive') return undefined;
  if (first === 'late') return `iPXE does not start under KVM within ${PROBE_SECONDS} s`;
  const last = machine.lastLines().at(-1)?.replace(/\.$/, '');
  return `QEMU with KVM ended: ${last ?? 'without a word'}`;
}

function probeArgv(): Argv {
  return [
    PC.gate.tool,
    '-nodefaults',
    '-no-user-config',
    ...['-machine', PC.gate.machine],
    ...accelerate('kvm'),
    ...['-m', '256'],
    ...['-display', 'none'],
    ...['-serial', 'stdio'],
    ...['-netdev', 'user,id=net,restrict=on'],
    ...['-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-kernel', PC.pxelinuxProgram.path],
  ];
}
