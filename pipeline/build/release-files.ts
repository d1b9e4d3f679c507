/** How the files of output steps become those of a release. */
import type { Ports } from '../../base/ports.js';

/**
 * Adds an output to a folder that is to become a release, each file as a hard link: neither an output nor a release
 * ever changes. Where a hard link is not possible, or the file is going to be changed, it is copied, holes kept.
 * @param output folder of an entry @param release an existing folder, which may hold other files
 */
export async function addOutput(
  output: string,
  release: string,
  { changes }: { readonly changes: boolean },
  { run }: Pick<Ports, 'run'>,
): Promise<void> {
  const argv = ['cp', '--archive', '--no-target-directory'] as const;
  const about = { doing: 'put the release together' };
  if (!changes) {
    // cp(1) does not copy what it cannot link: a file may have 65000 names on ext4, and none on another file system.
    const linked = await run([...argv, '--link', output, release], {
      ...about,
      okExitCodes: [0, 1],
      quiet: true,
    });
    if (linked.exitCode === 0) return;
  }
  await run([...argv, '--remove-destination', '--sparse=always', '--reflink=auto', output, release], about);
}
