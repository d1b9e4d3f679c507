/**
 * Kernel parameters that must not be in a release: every client of the recipe gets the same command line, and any
 * process on a client can read /proc/cmdline. Keys: open-iscsi's initramfs script and dracut.cmdline(7).
 */
import { notBuiltParameter } from '../../artifacts/platform/not-built.js';
import type { Diagnostic } from '../../base/failure.js';

type Finding = Omit<Diagnostic, 'place'>;

const INSTEAD =
  'Leave it out: it reaches the client by the iBFT that iPXE leaves in memory, or by an initrd of its own.';

/** What is wrong with one kernel parameter, or undefined. */
export function checkKernelParameter(parameter: string): Finding | undefined {
  const [key = ''] = parameter.split('=', 1);
  const name = key.toLowerCase().replaceAll('-', '_');
  if (name === 'root') {
    return {
      what: '`root=` follows from the disk.',
      hint: 'Leave it out: the partition mounted on `/` is found by its UUID.',
    };
  }
  const refused = notBuiltParameter(parameter);
  if (refused !== undefined) return { ...refused };
  if (holdsSecret(parameter)) {
    return {
      what: `\`${key}\` would put a secret on the kernel command line, where every process on the client reads it.`,
      hint: INSTEAD,
    };
  }
  if (name.startsWith('iscsi_') && key !== name) {
    return {
      what: `\`${key}\` has no effect: the initramfs reads lower-case keys from the command line.`,
      hint: INSTEAD,
    };
  }
  if (
    (name.startsWith('iscsi_') && name !== 'iscsi_auto') ||
    (name.startsWith('rd.iscsi.') && !/^rd\.iscsi\.(firmware|ibft|param)$/.test(name))
  ) {
    return {
      what: `\`${key}\` belongs to one client or target, but every client of the release gets this command line.`,
      hint: INSTEAD,
    };
  }
  if (
    name === 'netroot' ||
    name === 'bootif' ||
    name === 'systemd.hostname' ||
    name === 'systemd.machine_id'
  ) {
    return {
      what: `\`${key}\` belongs to one client, but every client of the release gets this command line.`,
      hint: INSTEAD,
    };
  }
  if (name === 'ip' && /^\d+\.\d+\.\d+\.\d+/.test(valueOf(parameter))) {
    return {
      what: 'An address in `ip=` belongs to one client, but every client of the release gets this command line.',
      expected: '`ip=dhcp`, or no `ip=`',
      hint: INSTEAD,
    };
  }
  return undefined;
}

/** Whether the value of this parameter is a secret: it must not be shown either. */
export function holdsSecret(parameter: string): boolean {
  const [key = ''] = parameter.split('=', 1);
  const named = /(password|passwd|secret|passphrase|set_credential)/i.test(key.replaceAll('-', '_'));
  return parameter.includes('=') && (named || /^iscsi:[^@]*:[^@]*@/.test(valueOf(parameter)));
}

/** The parameter at the same length without its value. */
export function withoutValue(parameter: string): string {
  const length = parameter.indexOf('=') + 1;
  return parameter.slice(0, length) + '*'.repeat(parameter.length - length);
}

function valueOf(parameter: string): string {
  return parameter.slice(parameter.indexOf('=') + 1);
}
