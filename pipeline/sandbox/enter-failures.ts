/** What is said of a sandbox that could not be made, or did not last. */
import { Failure } from '../../base/failure.js';

export function interrupted(): Failure {
  return new Failure('interrupted', { what: 'Interrupted.' });
}

/** @param noise what was said on the standard error stream */
export function noNamespaces(noise: readonly string[]): Failure {
  return new Failure('host', {
    what: 'This host does not let us make a user namespace.',
    expected: 'unshare --user to succeed',
    found: noise.join('; ') || 'the process ended at once',
    hint: 'Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces > 0); in a container, run it with --privileged.',
  });
}

/** @param noise what was said on the standard error stream */
export function died(
  exitCode: number | null,
  endedBy: NodeJS.Signals | null,
  noise: readonly string[],
): Failure {
  const inNamespace = noise.find((line) => /^(unshare|setpriv|mount|newuidmap|newgidmap):/.test(line));
  return new Failure(inNamespace === undefined ? 'internal' : 'host', {
    what:
      inNamespace === undefined
        ? 'The sandbox ended before its work was done.'
        : 'The sandbox could not be set up.',
    found: [endedBy === null ? `exit code ${exitCode}` : `ended by ${endedBy}`, ...noise].join('\n'),
    hint:
      inNamespace === undefined
        ? 'Something killed it (out of memory?). Run the same command again.'
        : 'Mount, pid and network namespaces must be allowed; in a container, run it with --privileged.',
  });
}
