/** A wish of the user for a target host, told, carried out, and told of. */
import { hostname } from 'node:os';
import { ipxeBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { createPorts } from '../../base/command.js';
import type { Emit } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import { ownUser } from '../../base/own-user.js';
import type { Ports } from '../../base/ports.js';
import { runTask, stopwatch, type TaskWords } from '../../base/task.js';
import { hostDrivers } from '../../hosts/apply/drivers.js';
import { applyChange, describeChange, repair } from '../../hosts/apply.js';
import type { Change, Intent } from '../../hosts/change/intent.js';
import type { DiskContent } from '../../hosts/disks/fill-disk.js';
import type { TargetHost } from '../../hosts/host/host.js';
import type { Generation } from '../../hosts/host/state.js';
import type { HostFacts, Site } from '../../hosts/site/facts.js';
import { isArray } from '../../hosts/site/portal.js';
import type { Caller } from '../caller.js';
import type { FileChange } from './client-file.js';
import { clientFiles } from './client-files.js';
import { clientSecrets, type SecretOptions } from './client-secret.js';
import { connect, hostNamed, openSite, type SiteOptions } from './open.js';
import { checkFor } from './programs.js';

export interface HostOptions extends SiteOptions {
  readonly on?: string | undefined;
}

export interface ChangeOptions extends SiteOptions {
  readonly dryRun?: true | undefined;
}

export interface ClientChangeOptions extends ChangeOptions, SecretOptions {
  /** What clients wrote may be lost. */
  readonly yes?: true | undefined;
}

/** All that is done to a host is one task. */
export const TASK = 'change';

/** What is wished of a host, with what is to be told of how that follows from what the user said. */
export interface Wish {
  readonly intent: Intent;
  readonly note?: string;
}

/** Changes a host that the options name. */
export async function change(
  caller: Caller,
  options: ChangeOptions & HostOptions,
  wishOf: (host: TargetHost) => Promise<Wish>,
): Promise<void> {
  const site = await openSite(caller, options);
  await changeHost(caller, options, { site, facts: hostNamed(site, options.on) }, wishOf);
}

/** Finishes what an earlier call left on a host that the options name. */
export async function repairHost(caller: Caller, options: HostOptions): Promise<void> {
  const { emit } = caller;
  const facts = hostNamed(await openSite(caller, options), options.on);
  const ports = createPorts({ emit: inTask(emit), signal: caller.signal, task: TASK });
  await using open = await connect(caller, facts, ports);
  const { host, adapter } = open;
  const drivers = hostDrivers(facts, adapter, await ipxeBinaries(ports));
  const words = `repair ${facts.name}`;
  await asTask({ host, words, emit }, () => repair(host, { drivers, lock: lockFor(words) }, ports), {
    note: ({ serial }) => (serial === 0 ? 'nothing was done to it yet' : `all follows state ${serial}`),
  });
}

export interface Place {
  readonly site: Site;
  readonly facts: HostFacts;
  readonly file?: FileChange | undefined;
  /** Of the LUN that is restored. */
  readonly content?: DiskContent;
}

/** Changes one host, and then the site's file. */
export async function changeHost(
  caller: Caller,
  options: ClientChangeOptions,
  { site, facts, file, content }: Place,
  wishOf: (host: TargetHost) => Promise<Wish>,
): Promise<void> {
  const { emit } = caller;
  const ports = createPorts({ emit: inTask(emit), signal: caller.signal, task: TASK });
  const seconds = stopwatch();
  await using open = await connect(caller, facts, ports);
  const { intent, note } = await wishOf(open.host);
  const binaries = await ipxeBinaries(ports);
  checkFor(site, facts, binaries);
  const drivers = hostDrivers(facts, open.adapter, binaries, content);
  const secrets = clientSecrets(site, options);
  const look = {
    drivers,
    channels: site.channels,
    now: new Date().toISOString(),
    secret: secrets.of,
    files: clientFiles(site),
  };
  const dryRun = options.dryRun === true;
  const made = dryRun
    ? await describeChange(open.host, intent, look, ports)
    : await carriedOut({ host: open.host, intent, look, yes: options.yes === true }, emit, ports);
  if (!dryRun) await file?.write();
  const lines = [...secrets.lines, ...made.lines, ...(file === undefined ? [] : [file.line])];
  const notes = [
    ...(note === undefined ? [] : [note]),
    ...(dryRun && !options.yes && losesLuns(intent, facts, made) ? [needsYes(made)] : []),
    ...(lines.length === 0 ? standing(intent, made) : []),
  ];
  emit({ type: 'changed', host: facts.name, lines, notes, dryRun, seconds: seconds() });
}

/** Where the channel stands that nothing was changed of. */
function standing(intent: Intent, { next, finishes }: Change): string[] {
  if (finishes === true) return ['The same call was cut off when its change was made: now it is finished.'];
  const channel = intent.kind === 'promote' || intent.kind === 'rollback' ? intent.channel : undefined;
  const at = channel === undefined ? undefined : next.channels[channel];
  if (at === undefined) return [];
  return [
    `The channel ${channel} is at ${at.history.at(-1)?.recipe ?? ''}@${at.release.slice(0, 12)} already.`,
  ];
}

interface Work {
  readonly host: TargetHost;
  readonly intent: Intent;
  readonly look: Parameters<typeof describeChange>[2];
  readonly yes: boolean;
}

function carriedOut({ host, intent, look, yes }: Work, emit: Emit, ports: Ports): Promise<Change> {
  const words = wordsOf(intent);
  const approve = (change: Change) => {
    if (!yes && losesLuns(intent, host.facts, change)) throw lunsLost(host.facts.name, change);
  };
  return asTask({ host, words, emit }, () =>
    applyChange(host, intent, { ...look, approve, lock: lockFor(words) }, ports),
  );
}

/** Whether it is a wish to be rid of what clients wrote. What a promotion leaves behind goes in its time, without a question. */
function loses(intent: Intent): boolean {
  switch (intent.kind) {
    case 'several':
      return intent.intents.some(loses);
    case 'remove':
    case 'reset':
    case 'resume':
    case 'restore':
    case 'purge':
      return true;
    case 'rebase':
      return intent.state === 'discard';
    default:
      return false;
  }
}

/** The LUNs of an array stay as they are. */
function losesLuns(intent: Intent, facts: HostFacts, change: Change): boolean {
  return takenOf(change).length > 0 && loses(intent) && !isArray(facts);
}

function takenOf({ dropped, deleted }: Change): readonly Generation[] {
  return [...dropped, ...deleted];
}

/** What happens to LUNs, of which some go at once, or all can be brought back. */
function fateOf({ dropped }: Change): string {
  return dropped.length > 0
    ? 'would be removed, with all that was written to them'
    : 'would be taken from their clients';
}

function needsYes(change: Change): string {
  return `LUNs ${fateOf(change)}: that wants \`--yes\`.`;
}

function lunsLost(host: string, change: Change): Failure {
  return new Failure('usage', {
    what: `LUNs of ${host} ${fateOf(change)}.`,
    expected: '`--yes`, if that is meant',
    found: takenOf(change)
      .map(({ target }) => target)
      .join(', '),
    hint: 'See all that would change: the same command with `--dry-run`.',
  });
}

interface Telling {
  readonly host: TargetHost;
  readonly words: string;
  readonly emit: Emit;
}

/** Tells of work on a host from its beginning to its end. */
export function asTask<T>(
  { host, words, emit }: Telling,
  work: () => Promise<T>,
  more: TaskWords<T> = {},
): Promise<T> {
  const tasks = [{ id: TASK, title: words }];
  emit({ type: 'started', work: 'change', subject: host.facts.name, tasks });
  return runTask(emit, TASK, work, more);
}

/** What others read of us while they wait. */
export function lockFor(doing: string) {
  return { words: `${doing}, by ${ownUser().name} on ${hostname()}, process ${process.pid}` };
}

/** A wish in a few words. */
function wordsOf(intent: Intent): string {
  switch (intent.kind) {
    case 'promote':
      return `promote ${intent.release.slice(0, 12)} to ${intent.channel}`;
    case 'rollback':
      return `roll ${intent.channel} back`;
    case 'add':
    case 'rotate':
    case 'undelete':
      return `${intent.kind} ${intent.client.name}`;
    case 'several':
      return intent.intents.length === 0
        ? 'remove what is overdue'
        : `change ${intent.intents.length} clients`;
    default:
      return `${intent.kind} ${intent.client}`;
  }
}

/** What happens beneath belongs to the one task. */
function inTask(emit: Emit): Emit {
  return (event) =>
    emit(event.type === 'progress' || event.type === 'warning' ? { ...event, task: TASK } : event);
}
