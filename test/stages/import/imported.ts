/** What the stage `import` makes of a source, without the rest of a build, and how it is looked at. */
import { mkdir } from 'node:fs/promises';
import type { Architecture } from '../../../pipeline/stage.js';
import { openSource, type SourceWishes } from '../../../stages/import/source.js';
import { requireSystem } from '../../../stages/import/system.js';
import { ask, ports, run } from '../../artifacts/formats/tools.js';

export type Wishes = Pick<SourceWishes, 'path' | 'sha256'> & Partial<SourceWishes>;

/** @param root where it goes, an empty folder @param scratch a folder to be made @returns what it warned of */
export async function importSystem(
  wishes: Wishes,
  root: string,
  scratch: string,
  architecture: Architecture = 'amd64',
): Promise<readonly string[]> {
  await mkdir(scratch);
  const warnings: string[] = [];
  await using source = await openSource(
    { partition: undefined, exclude: [], ...wishes },
    `${scratch}/s`,
    ports,
  );
  const name = 'the image';
  if (source.read !== undefined)
    await requireSystem(name, source.read, { distribution: 'debian', architecture });
  await source.extract({
    rootfs: root,
    scratch,
    run,
    bootstrap: (argv, options) => run(argv, options),
    warn: (message) => void warnings.push(message),
    progress: () => undefined,
  });
  return warnings;
}

/** Everything that is known of each file but devices and the firmware's partition: by another tool. */
export async function listSystem(root: string): Promise<string[]> {
  const shown = await ask(
    'find',
    root,
    ...['-mindepth', '1', '-not', '-path', `${root}/dev/*`, '-not', '-path', `${root}/boot/firmware*`],
    ...['-not', '-path', `${root}/lost+found`],
    ...['-not', '-type', 'c', '-printf', '%P %y %m %U:%G %n %l %T@\\n'],
  );
  return shown.split('\n').sort();
}
