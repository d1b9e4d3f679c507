/** What is said of tools whose versions nothing tells. */
import { Failure } from '../../../base/failure.js';

/** @param packages at least one @param found why not */
export function untoldVersions(packages: readonly string[], found: string): Failure {
  return new Failure('host', {
    what:
      packages.length === 1
        ? `The version of the package ${packages[0]} cannot be told.`
        : `The versions of these packages cannot be told: ${packages.join(', ')}.`,
    expected: 'packages that dpkg has installed: what their tools make depends on their versions',
    found,
    hint: `As root: apt-get install --no-install-recommends ${packages.join(' ')}. On a host without dpkg, build in a container of Debian.`,
  });
}
