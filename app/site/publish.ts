/** A release to a target host. */
import { join } from 'node:path';
import { readRelease } from '../../artifacts/release/release.js';
import { createPorts } from '../../base/command.js';
import { runTask, stopwatch } from '../../base/task.js';
import { hostLayout } from '../../hosts/host/layout.js';
import { publishRelease } from '../../hosts/publish.js';
import type { Caller } from '../caller.js';
import { lockFor } from './change.js';
import { connect, hostNamed, openSite } from './open.js';
import { checkOwnPrograms } from './programs.js';

export interface PublishRequest {
  /** Absolute path. */
  readonly release: string;
  /** Absolute path; what is known of the blocks of releases is kept there. */
  readonly workspace: string;
  readonly host: string | undefined;
  readonly site: string | undefined;
}

const TASK = 'transfer';

export async function publish(request: PublishRequest, caller: Caller): Promise<void> {
  const { emit, signal } = caller;
  const site = await openSite(caller, request);
  const facts = hostNamed(site, request.host);
  const release = await readRelease(request.release);
  const { name: recipe } = release.manifest.recipe;
  const { digest } = release;
  const title = `${recipe}@${digest.slice(0, 12)} to ${facts.name}`;
  const seconds = stopwatch();
  const ports = createPorts({ emit, signal, task: TASK });
  await checkOwnPrograms(site, facts, ports);
  emit({ type: 'started', work: 'publish', subject: recipe, tasks: [{ id: TASK, title }] });
  const { sent, received, already } = await runTask(emit, TASK, async () => {
    await using open = await connect(caller, facts, ports);
    const options = {
      task: TASK,
      indexes: join(request.workspace, 'indexes'),
      lock: lockFor(`publish ${title}`),
    };
    return await publishRelease(open.host, release, options, ports);
  });
  const path = hostLayout(facts).release(digest);
  const outcome = { already, sent, received, seconds: seconds() };
  emit({ type: 'published', recipe, digest, host: facts.name, path, ...outcome });
}
