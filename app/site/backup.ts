/** `lunsmith client export` and `client restore`: the LUN of a client as a file that is kept elsewhere, and back again. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type LunFacts,
  lunData,
  readLunArchive,
  writeLunArchive,
} from '../../artifacts/formats/lun-archive.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { requireNothing } from '../../base/regular-file.js';
import { runTask, stopwatch } from '../../base/task.js';
import type { KeptLun } from '../../hosts/change/intent.js';
import type { TargetHost } from '../../hosts/host/host.js';
import type { Generation } from '../../hosts/host/state.js';
import { readReleaseThere } from '../../hosts/publish/releases-there.js';
import type { Caller } from '../caller.js';
import { type ClientChangeOptions, changeHost } from './change.js';
import { lunOf, readLun, requireOff } from './lun.js';
import { clientNamed, connect, hostNamed, openSite, type SiteOptions } from './open.js';

export interface ExportRequest extends SiteOptions {
  readonly client: string;
  /** Default: the first. */
  readonly image?: string | undefined;
  /** Absolute path of the file, which must not exist. */
  readonly output: string;
  readonly dryRun?: true | undefined;
}

const TASK = 'lun';

/**
 * Writes the LUN that a client boots into a file of mode 0600. Nothing on its host changes.
 * @throws Failure of kind `usage` while the client is logged in, and for what has no LUN of its own; nothing is left then
 */
export async function exportLun(caller: Caller, request: ExportRequest): Promise<void> {
  const { emit, signal } = caller;
  const { client, output } = request;
  const seconds = stopwatch();
  await requireNothing(output);
  const site = await openSite(caller, request);
  const ports = createPorts({ emit, signal, task: TASK });
  await using there = await connect(caller, hostNamed(site, clientNamed(site, client).host), ports);
  const { host } = there;
  const { image, generation } = await lunOf(host, request);
  const known = {
    ...{ client, image: image.name, host: host.facts.name, generation: generation.id },
    ...{ blank: image.blank === true, bytes: generation.bytes, ...(await releaseOf(host, generation)) },
  };
  const tell = (written: Partial<Pick<LunFacts, 'data' | 'sha256'>>) => {
    const { blank: _kind, release, ...of } = known;
    const digest = release === undefined ? {} : { release: release.digest };
    const dryRun = request.dryRun === true;
    emit({ type: 'exported', ...of, ...digest, path: output, ...written, dryRun, seconds: seconds() });
  };
  if (request.dryRun === true) {
    await requireOff(there, generation, ports);
    tell({});
    return;
  }
  const title = `${image.name} of ${client}, generation ${generation.id}, of ${host.facts.name}`;
  emit({ type: 'started', work: 'export', subject: client, tasks: [{ id: TASK, title }] });
  const written = await runTask(emit, TASK, async () => {
    const scratch = await mkdtemp(join(dirname(output), '.lunsmith-export-')).catch((error: unknown) => {
      throw notWritable(dirname(output), error);
    });
    try {
      const disk = join(scratch, 'disk');
      const words = `export ${image.name} of ${client}`;
      const { bytes, ranges, sha256 } = await readLun(there, generation, disk, { words, task: TASK, ports });
      const data = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
      const at = new Date().toISOString();
      const facts: LunFacts = { format: 'lunsmith-lun/1', ...known, bytes, data, sha256, at };
      const file = join(scratch, 'file');
      await writeLunArchive(file, disk, { facts, ranges }, (done) =>
        emit({ type: 'progress', task: TASK, what: 'pack it', done, total: data, unit: 'bytes' }),
      );
      signal.throwIfAborted();
      await rename(file, output);
      return { data, sha256 };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
  tell(written);
}

function notWritable(folder: string, error: unknown): Failure {
  return new Failure(
    'usage',
    {
      what: 'The LUN cannot be exported.',
      expected: `a folder in which a file can be written: ${folder}`,
      found: (error as NodeJS.ErrnoException).code ?? 'something else',
    },
    { cause: error },
  );
}

async function releaseOf(
  host: TargetHost,
  { release: digest }: Generation,
): Promise<Pick<LunFacts, 'release'>> {
  if (digest === undefined) return {};
  const there = await readReleaseThere(host, digest);
  return { release: { digest, recipe: there?.manifest.recipe.name ?? '' } };
}

export interface RestoreRequest {
  readonly client: string;
  /** Default: the one that the LUN was of. */
  readonly image?: string | undefined;
  /** Absolute path of the file. */
  readonly from: string;
}

export interface RestoreOptions extends ClientChangeOptions {
  readonly purge?: true | undefined;
}

/** Reads all of the file first; then the LUN is made on the host, and when it is whole there the client boots it next. */
export async function restoreLun(
  caller: Caller,
  { client, image, from }: RestoreRequest,
  options: RestoreOptions,
): Promise<void> {
  const { emit } = caller;
  const site = await openSite(caller, options);
  const facts = hostNamed(site, clientNamed(site, client).host);
  emit({ type: 'started', work: 'verify', subject: from, tasks: [{ id: TASK, title: 'the exported LUN' }] });
  const archive = await runTask(emit, TASK, () =>
    readLunArchive(from, (done) =>
      emit({ type: 'progress', task: TASK, what: 'read the file', done, unit: 'bytes' }),
    ),
  );
  const { bytes, data, sha256, release, blank } = archive.facts;
  const lun: KeptLun = {
    ...{ client: archive.facts.client, image: archive.facts.image, blank, bytes, data, sha256 },
    ...(release === undefined ? {} : { release }),
  };
  const content = { bytes, ranges: archive.ranges, sha256, data: () => lunData(from) };
  const note =
    archive.facts.client === client
      ? undefined
      : `It was exported of ${archive.facts.client}: host name, keys and machine ID on it are those of that machine.`;
  await changeHost(caller, options, { site, facts, content }, () =>
    Promise.resolve({
      intent: {
        ...{ kind: 'restore', client, lun },
        ...(image === undefined ? {} : { image }),
        ...(options.purge === true ? { purge: true } : {}),
      },
      ...(note === undefined ? {} : { note }),
    }),
  );
}
