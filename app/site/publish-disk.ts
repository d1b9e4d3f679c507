/** The LUN image of a release to a disk that the user has attached, or to a file: for a storage array. */
import { join } from 'node:path';
import { writeDisk } from '../../artifacts/formats/write-disk.js';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { lunImageOf } from '../../artifacts/release/roles.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { runTask, stopwatch } from '../../base/task.js';
import type { Caller } from '../caller.js';

const TASK = 'write';

/** @param release absolute path @param to absolute path of a block device, or of a file that is not there */
export async function publishToDisk(release: string, to: string, { emit, signal }: Caller): Promise<void> {
  const found = await readRelease(release);
  const { manifest, digest, path } = found;
  const recipe = manifest.recipe.name;
  const title = `${recipe}@${digest.slice(0, 12)} to ${to}`;
  const seconds = stopwatch();
  const ports = createPorts({ emit, signal, task: TASK });
  emit({ type: 'started', work: 'publish', subject: recipe, tasks: [{ id: TASK, title }] });
  const { bytes } = manifest.disk;
  await runTask(emit, TASK, async () => {
    const [problem] = await verifyRelease(found, { run: ports.run, signal, contents: true });
    if (problem !== undefined)
      throw new Failure('integrity', {
        what: `The release ${path} is damaged; nothing was written.`,
        found: problem,
      });
    const image = { path: join(path, lunImageOf(manifest)), bytes };
    await writeDisk(image, to, ports, (done) =>
      emit({ type: 'progress', task: TASK, what: `write ${to}`, done, total: bytes, unit: 'bytes' }),
    );
  });
  emit({
    type: 'published',
    recipe,
    digest,
    host: to,
    path: to,
    already: false,
    sent: bytes,
    received: 0,
    seconds: seconds(),
  });
}
