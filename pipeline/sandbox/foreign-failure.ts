/** What is said of a host that cannot run programs of another architecture. */
import { Failure } from '../../base/failure.js';
import type { Architecture } from '../recipe-facts.js';

/** @param found of which Linux, why it refused a binfmt_misc, if it did, and how a program failed */
export function cannotRun(
  architecture: Architecture,
  found: { readonly kernel: string; readonly refused: unknown; readonly tried: unknown },
): Failure {
  const reasons = [found.refused, found.tried].filter((error) => error !== undefined).map(reason);
  return new Failure('host', {
    what: `This host cannot run programs of ${architecture} in a sandbox.`,
    expected: 'Linux 6.7 or later with binfmt_misc (CONFIG_BINFMT_MISC)',
    found: `Linux ${found.kernel}: ${reasons.join('; ')}`,
    hint:
      'Load the module (as root: modprobe binfmt_misc) or use a newer kernel; on an older one, let the host run them ' +
      'itself (as root: apt-get install binfmt-support qemu-user-static).',
  });
}

function reason(error: unknown): string {
  const { command, diagnostics } = Failure.from(error);
  return command?.lastLines.at(-1) ?? diagnostics[0].what;
}
