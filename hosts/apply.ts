/**
 * Applies a change to a target host, whole or not at all:
 *
 * ```
 * lock -> finish or clean what an earlier call left -> plan
 *   -> states/<n+1>/{state.json,secrets/} -> clones -> targets, beside those that are -> states/<n+1>/http/
 *   -> current -> states/<n+1>            the one moment at which anything changes for clients
 *   -> accounts, targets, tftp/, conf/ -> targets and clones that are not needed go -> reload of the DHCP server
 * ```
 *
 * A call that ends before the switch has changed nothing for clients; the next one removes what it left. One that ends after it
 * has changed everything for them; the next one finishes the rest, or takes its place: what cannot be finished keeps nothing else
 * from being done.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Ports } from '../base/ports.js';
import { type CleanScope, clean, requireUndisturbed } from './apply/clean.js';
import { converge, settle } from './apply/converge.js';
import { ofSwitch, unfinished } from './apply/failures.js';
import { type Preparation, prepare } from './apply/prepare.js';
import { frees, rehearse } from './apply/rehearse.js';
import { keepReserve, withReserve } from './apply/reserve.js';
import { restore } from './apply/restore.js';
import { accountOf, bringAccounts, readAccounts, requireTakeable } from './apply/secrets.js';
import { listStates, readState, switchTo } from './apply/states.js';
import type { ClientAccount } from './boot-files/boot-file.js';
import { type Change, type Intent } from './change/intent.js';
import { clientsIn, finishedChange, planChange, releasesNeeded } from './change.js';
import { clockOf } from './host/clock.js';
import type { HostDrivers } from './host/drivers.js';
import type { TargetHost } from './host/host.js';
import { hostLayout } from './host/layout.js';
import { type LockOptions, requireLockable, takeHostLock } from './host/lock.js';
import { mendModes } from './host/modes.js';
import type { HostState } from './host/state.js';
import { type ReleaseThere, readReleaseThere } from './publish/releases-there.js';
import type { ClientFacts } from './site/facts.js';

export { readState } from './apply/states.js';

/** By path, base64. */
export type FileContents = Readonly<Record<string, string>>;

export interface LookOptions {
  readonly drivers: HostDrivers;
  /** Those of the site. */
  readonly channels: readonly string[];
  /** RFC 3339, UTC. */
  readonly now: string;
  /** The secret behind a client's reference. */
  readonly secret: (client: ClientFacts) => Promise<string>;
  /** The contents of its files by path, base64. */
  readonly files: (client: ClientFacts) => Promise<FileContents>;
}

export interface RepairOptions extends Pick<LookOptions, 'drivers'> {
  readonly lock: Pick<LockOptions, 'words'>;
}

export interface ApplyOptions extends LookOptions, RepairOptions {
  /** Asked before anything is written, the host being locked. @throws Failure when the change is not to be made */
  readonly approve?: (change: Change) => void;
}

/** What a wish would change; changes nothing, and takes no lock. @throws as {@link applyChange} before its first write */
export async function describeChange(
  host: TargetHost,
  intent: Intent,
  options: LookOptions,
  ports: Ports,
): Promise<Change> {
  await requireLockable(host);
  const found = await standOf(host);
  await requireUndisturbed(host, found.state, options.drivers, ports);
  return (await decide(host, found, intent, options, ports)).change;
}

/**
 * Fulfils a wish. @returns what was changed
 * @throws Failure as {@link planChange}, and of whatever was done on the host; clients see the old state or the new one whole
 */
export async function applyChange(
  host: TargetHost,
  intent: Intent,
  options: ApplyOptions,
  ports: Ports,
): Promise<Change> {
  const { drivers } = options;
  await using _lock = await lockHost(host, options, ports);
  const { state, settled } = await recover(host, drivers, ports);
  const { change, ...decided } = await decide(host, { state, settled }, intent, options, ports);
  options.approve?.(change);
  const finishing = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      throw unfinished(host, error);
    });
  if (change.next === state) {
    if (!settled) await finishing(finish(host, { state, settled }, drivers, ports));
    return change;
  }
  // What cannot be removed now, the next call removes.
  const undo = () => clean(host, state, drivers, ports, scopeOf(settled)).catch(() => undefined);
  const prepared = () =>
    prepare(host, { state, change, ...decided, settled }, drivers, ports).catch(async (error: unknown) => {
      await undo();
      throw error;
    });
  const next = await (frees(change) ? withReserve(host, prepared) : prepared());
  await switchTo(host, next.serial).catch(async (error: unknown) => {
    const { failure, former } = await ofSwitch(host, { state, next }, error);
    if (former) await undo();
    throw failure;
  });
  await finishing(finish(host, { state: next, settled }, drivers, ports));
  return { ...change, next };
}

/**
 * Finishes what an earlier call left, and lets links, files, modes and targets follow the state again, however they were changed.
 * @returns the state
 */
export async function repair(host: TargetHost, options: RepairOptions, ports: Ports): Promise<HostState> {
  await using _lock = await lockHost(host, options, ports);
  const found = await standOf(host);
  const { state } = found;
  if (state.serial === 0) {
    await clean(host, state, options.drivers, ports);
    await mendModes(host);
    return state;
  }
  await withReserve(host, () => restore(host, state, options.drivers, ports));
  await finish(host, found, options.drivers, ports);
  return state;
}

/** Whether an earlier call ended before it had finished. */
export async function needsRepair(host: TargetHost): Promise<boolean> {
  const { current = 0, all } = await listStates(host);
  return all.some(({ serial, marks }) => (serial === current ? !marks.has('converged') : serial > current));
}

function lockHost(host: TargetHost, { lock }: RepairOptions, ports: Ports) {
  return takeHostLock(host, { ...lock, path: hostLayout(host.facts).lock }, ports);
}

interface Stand {
  readonly state: HostState;
  /** Whether all that follows from it, or of the one before it, was done before. */
  readonly settled: boolean;
}

async function standOf(host: TargetHost): Promise<Stand> {
  const state = await readState(host);
  const { all } = await listStates(host);
  const settled = !all.some(({ serial, marks }) => serial === state.serial && !marks.has('converged'));
  return { state, settled };
}

/** What clients have seen is removed when targets and files follow what they see now, and no sooner. */
function scopeOf(settled: boolean): CleanScope {
  return settled ? 'all' : 'begun';
}

/** All that follows from the state that clients see. Not to be kept from it by a full disk, it takes what room is kept. */
async function finish(
  host: TargetHost,
  { state, settled }: Stand,
  drivers: HostDrivers,
  ports: Ports,
): Promise<void> {
  await withReserve(host, async () => {
    await converge(host, state, drivers, ports, { filesTell: settled });
    await clean(host, state, drivers, ports);
  });
  await keepReserve(host);
  // The last of all: a call that is cut off afterwards has done what it was called for.
  await withReserve(host, () => settle(host, state));
}

/** What a change begins with. What an earlier one left unfinished is kept from being lost, and needs not be finished first. */
async function recover(host: TargetHost, drivers: HostDrivers, ports: Ports): Promise<Stand> {
  const found = await standOf(host);
  await requireUndisturbed(host, found.state, drivers, ports);
  if (!found.settled) await bringAccounts(host, found.state);
  await clean(host, found.state, drivers, ports, scopeOf(found.settled));
  return found;
}

/** What is to be done, and that it can be done as far as that can be known; changes nothing. */
async function decide(
  host: TargetHost,
  { state, settled }: Stand,
  intent: Intent,
  options: LookOptions,
  ports: Ports,
): Promise<Pick<Preparation, 'change' | 'accounts' | 'manifests'>> {
  const there = await readAccounts(host, state.serial);
  const files = await contentsOf(clientsIn(intent), options);
  const filesChanged = new Set(
    [...files].flatMap(([name, wanted]) =>
      isDeepStrictEqual(wanted, there.get(name)?.files ?? {}) ? [] : [name],
    ),
  );
  const cutOff = settled ? undefined : finishedChange(state, intent);
  const change = cutOff ?? (await plan(host, { state, intent, filesChanged }, options, ports));
  if (change.next === state) return { change, accounts: { there, brought: new Map() }, manifests: new Map() };
  const needed = accountsNeeded(change, there);
  const brought = await resolveSecrets(needed, change.files, there, options);
  requireTakeable(host.facts, needed, brought);
  const accounts = { there, brought };
  const manifests = await rehearse(host, { state, change, accounts, settled }, options.drivers, ports);
  return { change, accounts, manifests };
}

async function plan(
  host: TargetHost,
  {
    state,
    intent,
    filesChanged,
  }: { readonly state: HostState; readonly intent: Intent; readonly filesChanged: ReadonlySet<string> },
  { drivers, channels, now }: LookOptions,
  ports: Ports,
): Promise<Change> {
  const releases = new Map<string, ReleaseThere>();
  for (const digest of releasesNeeded(state, intent)) {
    const found = await readReleaseThere(host, digest);
    if (found !== undefined) releases.set(digest, found);
  }
  const sessions = await drivers.adapter.sessions(host, ports);
  const disk = (clone: Parameters<HostDrivers['clones']['disk']>[1]) =>
    drivers.clones.disk(host.facts, clone);
  const clock = await clockOf(host);
  const about = { host: host.facts, channels, releases, sessions, filesChanged, disk, now, clock };
  return planChange(state, intent, about);
}

/** Those that come with a change, and those that the host has lost: without them nothing could be changed there any more. */
function accountsNeeded(
  { next, secrets }: Change,
  there: ReadonlyMap<string, ClientAccount>,
): readonly ClientFacts[] {
  const coming = new Set(secrets.map(({ name }) => name));
  const all = Object.values(next.clients).map(({ facts }) => facts);
  return [...secrets, ...all.filter(({ name }) => !there.has(name) && !coming.has(name))];
}

/** Those with new secrets, and those with new files: of each what does not come stays as it is there. */
async function resolveSecrets(
  needed: readonly ClientFacts[],
  withFiles: readonly ClientFacts[],
  there: ReadonlyMap<string, ClientAccount>,
  options: LookOptions,
): Promise<Map<string, ClientAccount>> {
  const accounts = new Map<string, ClientAccount>();
  for (const client of needed) {
    const files = there.get(client.name)?.files;
    const account = { user: client.account, secret: await options.secret(client) };
    accounts.set(client.name, { ...account, ...(files === undefined ? {} : { files }) });
  }
  const lost = needed.filter(({ name, files }) => files !== undefined && !there.has(name));
  for (const [name, files] of await contentsOf([...withFiles, ...lost], options)) {
    const { user, secret } = accountOf(new Map([...there, ...accounts]), name);
    accounts.set(name, { user, secret, ...(Object.keys(files).length === 0 ? {} : { files }) });
  }
  return accounts;
}

async function contentsOf(
  clients: readonly ClientFacts[],
  { files }: Pick<LookOptions, 'files'>,
): Promise<Map<string, FileContents>> {
  const contents = new Map<string, FileContents>();
  for (const client of clients)
    contents.set(client.name, client.files === undefined ? {} : await files(client));
  return contents;
}
