/**
 * Carries out a change on a target host, whole or not at all:
 *
 * ```
 * lock -> finish or clean what an earlier call left -> plan
 *   -> states/<n+1>/{state.json,secrets/} -> clones -> targets, beside those that are -> states/<n+1>/http/
 *   -> current -> states/<n+1>            the one moment at which anything changes for clients
 *   -> accounts, targets, tftp/, conf/, reload -> targets and clones that nobody needs go
 * ```
 *
 * A call that ends before the switch has changed nothing for clients; the next one removes what it left. One that ends after it
 * has changed everything for them; the next one finishes the rest.
 */
import type { Ports } from '../../pipeline/ports.js';
import { Failure } from '../failure.js';
import type { ClientAccount } from './boot-files.js';
import { fillFolder } from './carry-out/batch.js';
import { clean } from './carry-out/clean.js';
import { converge } from './carry-out/converge.js';
import { offeredBefore, portalOf } from './carry-out/offered.js';
import { accountFiles, readAccounts } from './carry-out/secrets.js';
import {
  generationsOf,
  listStates,
  readState,
  setMark,
  stateText,
  switchTo,
  takeMark,
} from './carry-out/states.js';
import { type Change, type Intent, planChange, releasesNeeded } from './change.js';
import type { TargetHost } from './host.js';
import { type LockOptions, takeHostLock } from './host-lock.js';
import type { HostParts } from './host-parts.js';
import type { HostState } from './host-state.js';
import { hostLayout } from './layout.js';
import { type ReleaseThere, readReleaseThere } from './releases-there.js';
import type { ClientFacts } from './site.js';

export { readState } from './carry-out/states.js';

export interface LookOptions {
  readonly parts: HostParts;
  /** Those of the site. */
  readonly channels: readonly string[];
  /** RFC 3339, UTC. */
  readonly now: string;
}

export interface RepairOptions extends Pick<LookOptions, 'parts'> {
  readonly lock: Pick<LockOptions, 'words' | 'taken'>;
}

export interface CarryOutOptions extends LookOptions, RepairOptions {
  /** The secret behind a client's reference. */
  readonly secret: (client: ClientFacts) => Promise<string>;
}

/** What a wish would change; changes nothing, and waits for nobody. @throws as {@link planChange} */
export async function describeChange(
  host: TargetHost,
  intent: Intent,
  options: LookOptions,
  ports: Ports,
): Promise<Change> {
  return plan(host, await readState(host), intent, options, ports);
}

/**
 * Fulfils a wish. @returns what was changed
 * @throws Failure as {@link planChange}, and of whatever was done on the host; clients see the old state or the new one whole
 */
export async function carryOut(
  host: TargetHost,
  intent: Intent,
  options: CarryOutOptions,
  ports: Ports,
): Promise<Change> {
  await using _lock = await lockHost(host, options, ports);
  const state = await recover(host, options.parts, ports);
  const change = await plan(host, state, intent, options, ports);
  if (change.next === state) return change;
  const brought = await resolveSecrets(change.secrets, options.secret);
  const next = await prepare(host, { state, change, brought }, options.parts, ports).catch(
    async (error: unknown) => {
      // What is left then, the next call removes.
      await clean(host, state, options.parts, ports).catch(() => undefined);
      throw error;
    },
  );
  await switchTo(host, next.serial);
  try {
    await converge(host, next, options.parts, ports);
    await clean(host, next, options.parts, ports);
  } catch (error) {
    throw unfinished(host, error);
  }
  return { ...change, next };
}

/** Finishes what an earlier call left, and lets targets and files follow the state again. @returns the state */
export async function repair(host: TargetHost, options: RepairOptions, ports: Ports): Promise<HostState> {
  await using _lock = await lockHost(host, options, ports);
  const state = await recover(host, options.parts, ports);
  if (state.serial > 0) await converge(host, state, options.parts, ports);
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

async function recover(host: TargetHost, parts: HostParts, ports: Ports): Promise<HostState> {
  const state = await readState(host);
  const { all } = await listStates(host);
  const there = all.find(({ serial }) => serial === state.serial);
  if (there !== undefined && !there.marks.has('converged')) await converge(host, state, parts, ports);
  await clean(host, state, parts, ports);
  return state;
}

async function plan(
  host: TargetHost,
  state: HostState,
  intent: Intent,
  { parts, channels, now }: LookOptions,
  ports: Ports,
): Promise<Change> {
  const releases = new Map<string, ReleaseThere>();
  for (const digest of releasesNeeded(state, intent)) {
    const found = await readReleaseThere(host, digest);
    if (found !== undefined) releases.set(digest, found);
  }
  const sessions = await parts.adapter.sessions(host, ports);
  const disk = (clone: Parameters<HostParts['clones']['disk']>[1]) => parts.clones.disk(host.facts, clone);
  return planChange(state, intent, { host: host.facts, channels, releases, sessions, disk, now });
}

async function resolveSecrets(
  clients: readonly ClientFacts[],
  secret: CarryOutOptions['secret'],
): Promise<Map<string, ClientAccount>> {
  const accounts = new Map<string, ClientAccount>();
  for (const client of clients)
    accounts.set(client.name, { user: client.account, secret: await secret(client) });
  return accounts;
}

interface Preparation {
  readonly state: HostState;
  readonly change: Change;
  /** Accounts that come with the change. */
  readonly brought: ReadonlyMap<string, ClientAccount>;
}

/** Everything before the switch. @returns the next state, with the sizes that the LUNs have got */
async function prepare(
  host: TargetHost,
  { state, change, brought }: Preparation,
  parts: HostParts,
  ports: Ports,
): Promise<HostState> {
  const { facts } = host;
  const { serial } = change.next;
  const folder = hostLayout(facts).state(serial);
  await fillFolder(host, folder, accountFiles(brought));
  // Before anything that it names: from it the next call knows what to remove.
  await host.write(`${folder}/state.json`, stateText(change.next), { mode: 0o644 });
  const next = await makeClones(host, change, parts, ports);
  const before = await readAccounts(host);
  const secrets = new Map([...before, ...brought]);
  await setMark(host, serial, 'offered');
  const offered = offeredBefore(facts, { before: state, next }, { before, next: secrets });
  await parts.adapter.apply(host, offered, portalOf(facts), ports).catch(async (error: unknown) => {
    // Nothing was offered: a target of such a name is somebody else's, and nobody shall take it away.
    if (error instanceof Failure && error.kind === 'usage') await takeMark(host, serial, 'offered');
    throw error;
  });
  const input = { host: facts, state: next, lun: parts.adapter.lun, secrets };
  await fillFolder(host, `${folder}/http`, parts.bootFiles.http(input), facts.http.group);
  await host.write(`${folder}/state.json`, stateText(next), { mode: 0o644 });
  return next;
}

/** LUNs may get larger than asked for: volumes have whole extents. */
async function makeClones(
  host: TargetHost,
  { next, clones }: Change,
  parts: HostParts,
  ports: Ports,
): Promise<HostState> {
  const sizes = new Map<string, number>();
  for (const [index, request] of clones.entries()) {
    ports.emit({ type: 'progress', what: 'make clones', done: index, total: clones.length, unit: 'files' });
    const { disk, bytes } = await parts.clones.make(host, request, ports);
    sizes.set(disk, bytes);
  }
  if (clones.length > 0)
    ports.emit({
      type: 'progress',
      what: 'make clones',
      done: clones.length,
      total: clones.length,
      unit: 'files',
    });
  const sized = structuredClone(next);
  for (const each of generationsOf(sized)) each.bytes = sizes.get(each.disk) ?? each.bytes;
  return sized;
}

function unfinished({ facts }: TargetHost, error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const { kind, command, diagnostics } = error;
  return new Failure(
    kind,
    [
      {
        what: `${facts.name} serves the new state, but what follows from it is not finished.`,
        hint: `Mend what is told below, then run: npx lunsmith status --on ${facts.name}`,
      },
      ...diagnostics,
    ],
    { cause: error, ...(command === undefined ? {} : { command }) },
  );
}
