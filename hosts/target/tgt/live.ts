/** Changes a running tgtd over its management socket, so that no secret stands in a command line. */
import { posix } from 'node:path';
import { Failure } from '../../../base/failure.js';
import { lunAt } from '../../clients/clone/names.js';
import type { TargetHost } from '../../host/host.js';
import { hostLayout } from '../../host/layout.js';
import type { Portals } from '../../site/portal.js';
import type { IscsiSession, OfferedDisk, OfferedLun, OfferOptions, ShownTarget } from '../adapter.js';
import { disksOf } from '../check.js';
import { refuseBusy, refuseStrange } from '../refusals.js';
import { accountOrders, orphans, unbindAll } from './accounts.js';
import { askTgtd, NO_ANSWER } from './client.js';
import { checkTgt, LUN, NO_ADDRESS, readOnlyParam, secretsIn, THIN, WRITE_CACHE_OFF } from './conf.js';
import { strangeTargets, unwantedAccess } from './difference.js';
import {
  bindAccount,
  bindInitiator,
  deleteAccount,
  deleteTarget,
  newLun,
  newTarget,
  setLun,
  type TgtOrder,
  unbindInitiator,
} from './requests.js';
import { parseAccounts, parsePortals, parseTargets, type TgtTarget } from './show.js';

type Ask = (order: TgtOrder) => Promise<string>;

/** Name of the file in `<root>/conf`, from which the secrets of the accounts that tgtd has are known. */
export const CONF = 'targets.conf';

/** Why the LUNs could not be offered; changes nothing. @returns the targets that tgtd has */
export async function checkByTgt(
  offered: readonly OfferedLun[],
  portals: Portals,
  ask: Ask,
): Promise<readonly TgtTarget[]> {
  checkTgt(offered);
  const targets = await showTargets(ask);
  refuseStrange(strangeTargets(targets, offered));
  refuseDeaf(parsePortals(await ask(SHOW_PORTALS)), portals);
  return targets;
}

export async function offerByTgt(
  host: TargetHost,
  offered: readonly OfferedLun[],
  { portals, filesTell = true }: OfferOptions & { readonly portals: Portals },
  ask: Ask,
): Promise<void> {
  const targets = await checkByTgt(offered, portals, ask);
  const conf = filesTell ? await host.read(posix.join(hostLayout(host.facts).conf, CONF)) : undefined;
  const orders = accountOrders(offered, {
    targets,
    known: parseAccounts(await ask(SHOW_ACCOUNTS)),
    secrets: secretsIn(conf ?? ''),
    ours: (target) => isOurs(host, target),
  });
  for (const order of orders) await ask(order);
  let highest = Math.max(0, ...targets.map(({ id }) => id));
  // As it is now: accounts were bound again.
  const now = orders.length === 0 ? targets : await showTargets(ask);
  for (const lun of offered) {
    const found = now.find(({ name }) => name === lun.target);
    if (found === undefined) highest = await makeTarget(lun.target, highest + 1, ask);
    for (const order of lunOrders(found, lun, highest)) await ask(order);
  }
}

/** Other callers of the same tgtd make targets too: those of another root, or of an administrator. */
const NUMBERS_TRIED = 20;

/** A target has a number, which its maker chooses, and which another may have taken since they were listed. @returns its number */
async function makeTarget(name: string, first: number, ask: Ask): Promise<number> {
  let id = first;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask(newTarget(id, name));
      return id;
    } catch (error) {
      const targets = await showTargets(ask);
      const taken = targets.some((each) => each.id === id && each.name !== name);
      if (!taken || attempt === NUMBERS_TRIED) throw error;
      id = Math.max(...targets.map((each) => each.id)) + 1;
    }
  }
}

/** By its name, or by its disk: the site may have had another prefix when it was made. */
function isOurs({ facts }: TargetHost, { name, luns }: TgtTarget): boolean {
  return (
    name.startsWith(`${facts.target.prefix}:`) || luns.some(({ path }) => lunAt(facts, path) !== undefined)
  );
}

/** The ACL is bound last: a session meets a whole target. @param id of a target that has nothing yet, where none was found */
function lunOrders(found: TgtTarget | undefined, lun: OfferedLun, id: number): TgtOrder[] {
  const disks = disksOf(lun).map((disk, index) => ({ ...disk, number: LUN + index }));
  if (found === undefined) {
    return [
      ...disks.flatMap((disk) => [newLun(id, disk.number, disk.disk), describeLun(id, disk)]),
      bindAccount(id, lun.chap.user),
      bindInitiator(id, lun.initiator),
    ];
  }
  const [account, ...more] = found.accounts;
  const bound = account === lun.chap.user && more.length === 0;
  return [
    ...disks.flatMap((disk) => {
      const there = found.luns.find((each) => each.lun === disk.number);
      const described =
        there?.serial === disk.serial && there.thin && there.readOnly === (disk.readOnly ?? false);
      return [
        ...(there === undefined ? [newLun(found.id, disk.number, disk.disk)] : []),
        ...(described ? [] : [describeLun(found.id, disk)]),
      ];
    }),
    ...(bound ? [] : [...unbindAll(found), bindAccount(found.id, lun.chap.user)]),
    ...unwantedAccess(found, lun.initiator).map((each) => unbindInitiator(found.id, each)),
    ...(found.access.includes(lun.initiator) ? [] : [bindInitiator(found.id, lun.initiator)]),
  ];
}

function describeLun(
  target: number,
  { number, serial, readOnly }: OfferedDisk & { readonly number: number },
): TgtOrder {
  return setLun(target, number, serial, WRITE_CACHE_OFF + THIN + readOnlyParam(readOnly));
}

/** The address from which no connection comes is left out: it is there to refuse every initiator. */
export async function shownByTgt(ask: Ask): Promise<ShownTarget[]> {
  return (await showTargets(ask)).map(({ name, luns, accounts, access }) => ({
    target: name,
    luns: luns.filter(({ lun }) => lun !== 0).map(({ lun, path }) => ({ number: lun, disk: path })),
    initiators: access.filter((each) => each !== NO_ADDRESS),
    accounts,
  }));
}

export async function sessionsOfTgt(ask: Ask): Promise<IscsiSession[]> {
  return sessionsOf(await showTargets(ask));
}

/** First the ACLs are unbound; where a session came before that, it stays, and so do all targets. */
export async function removeFromTgt(names: readonly string[], ask: Ask): Promise<void> {
  const targets = await showTargets(ask);
  const gone = targets.filter(({ name }) => names.includes(name));
  refuseBusy(sessionsOf(gone));
  for (const { id, access } of gone) for (const each of access) await ask(unbindInitiator(id, each));
  const late = sessionsOf((await showTargets(ask)).filter(({ name }) => names.includes(name)));
  if (late.length > 0) {
    for (const { id, access } of gone) for (const each of access) await ask(bindInitiator(id, each));
    refuseBusy(late);
  }
  // tgtd takes the LUNs away with their target, and refuses while there is a session.
  for (const { id, name } of gone) await ask(deleteTarget(id, name));
  for (const user of orphans(gone, targets)) await ask(deleteAccount(user));
}

/** @param socket path on the host */
export async function withTgtd<T>(
  host: TargetHost,
  socket: string,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  await using forwarded = await host.socket(socket);
  const ask: Ask = ({ request, doing }) => askTgtd(forwarded.path, request, doing);
  try {
    return await work(ask);
  } catch (error) {
    throw isAway(error) ? notRunning(host, socket, error) : error;
  }
}

const SHOW_TARGETS: TgtOrder = {
  request: { operation: 'show', mode: 'target' },
  doing: 'ask tgtd for its targets',
};
const SHOW_PORTALS: TgtOrder = {
  request: { operation: 'show', mode: 'portal' },
  doing: 'ask tgtd where it listens',
};
const SHOW_ACCOUNTS: TgtOrder = {
  request: { operation: 'show', mode: 'account' },
  doing: 'ask tgtd for its accounts',
};

async function showTargets(ask: Ask): Promise<TgtTarget[]> {
  return parseTargets(await ask(SHOW_TARGETS));
}

function sessionsOf(targets: readonly TgtTarget[]): IscsiSession[] {
  return targets.flatMap(({ name, sessions }) =>
    sessions.map(({ initiator, addresses }) => ({ target: name, initiator, addresses })),
  );
}

/** Which address does not matter: clients may reach the host by another than it has. */
function refuseDeaf(ports: readonly number[], [{ port }]: Portals): void {
  if (ports.includes(port)) return;
  throw new Failure('host', {
    what: `tgtd does not listen at port ${port}.`,
    expected: 'the port of the host’s target in the site',
    found: ports.length === 0 ? 'no port' : ports.join(', '),
    hint: 'Start tgtd with `--iscsi portal=ADDRESS:PORT`, or give the site the port at which it listens.',
  });
}

/** A socket may be left of a tgtd that has ended; then a forwarded one ends at the first word. */
const AWAY = ['ENOENT', 'ECONNREFUSED', 'EPIPE', 'ECONNRESET', NO_ANSWER];

function isAway(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  return AWAY.includes(code ?? '');
}

function notRunning({ facts }: TargetHost, socket: string, cause: unknown): Failure {
  return new Failure(
    'host',
    {
      what: `tgtd does not run on the target host ${facts.name}.`,
      expected: `its management socket ${socket}`,
      found: 'nobody there',
      hint: 'Start it on that host: `systemctl start tgt`.',
    },
    { cause },
  );
}
