/**
 * Examines a target host: whether what its state says, the files made of it, the secrets, the LUNs and the live target agree, and
 * whether the site says the same. It changes nothing and takes no lock.
 */

import type { BootBinaries } from '../artifacts/formats/ipxe-binaries.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import { readAccounts } from './apply/secrets.js';
import { listStates, readState, readStateOf } from './apply/states.js';
import type { ClientAccount } from './boot-files/boot-file.js';
import { lackingIn } from './boot-files/needs.js';
import { freeSpace, listClones, thinExhaustion } from './clients/clone.js';
import { deletedFindings } from './doctor/deleted.js';
import { dhcpFindings } from './doctor/dhcp.js';
import { diskFindings } from './doctor/disks.js';
import { type ExpectedFiles, expectedFiles } from './doctor/expected.js';
import { fileFindings } from './doctor/files.js';
import type { Finding } from './doctor/finding.js';
import { httpFindings } from './doctor/http.js';
import { leftoverFindings } from './doctor/leftovers.js';
import { linkFindings } from './doctor/links.js';
import { portalFindings } from './doctor/portals.js';
import { piFindings } from './doctor/raspberry-pi.js';
import { releaseFindings } from './doctor/releases.js';
import { accountFindings, leakFindings, modeFindings } from './doctor/secrets.js';
import { type SiteView, siteFindings } from './doctor/site.js';
import { type NamedGeneration, namedGenerations, namedLuns, stateFindings } from './doctor/state.js';
import { type Entries, sizesOf, survey } from './doctor/survey.js';
import { targetFindings } from './doctor/target.js';
import { tftpFindings } from './doctor/tftp.js';
import { toolFindings } from './doctor/tools.js';
import { writerProblem } from './host/account.js';
import { clockOf } from './host/clock.js';
import type { TargetHost } from './host/host.js';
import { hostLayout } from './host/layout.js';
import { isFull } from './host/room.js';
import { deletedDisks, type HostState, releasesOf } from './host/state.js';
import { manifestsThere } from './publish/releases-there.js';
import type { HostFacts } from './site/facts.js';
import { isArray } from './site/portal.js';
import type { TargetAdapter } from './target/adapter.js';

export type { Finding } from './doctor/finding.js';

export interface Examination {
  readonly host: TargetHost;
  readonly adapter: TargetAdapter;
  /** Boot programs of this machine; absent: those of the host are not compared with them. */
  readonly binaries?: BootBinaries | undefined;
  readonly site: SiteView;
}

/** Examinations that met a change of the host are repeated this often. */
const ATTEMPTS = 3;

/** All that is wrong, errors first. @throws Failure of kind `network` when the host is lost, and as {@link readState} */
export async function examineHost(examination: Examination, ports: Ports): Promise<readonly Finding[]> {
  for (let attempt = 1; ; attempt += 1) {
    const state = await readState(examination.host);
    const findings = await examineState(examination, state, ports);
    // A change of the host that runs meanwhile makes everything disagree for a moment.
    if (attempt === ATTEMPTS || (await readState(examination.host)).serial === state.serial)
      return sorted(findings);
  }
}

function sorted(findings: readonly Finding[]): readonly Finding[] {
  return [
    ...findings.filter(({ level }) => level === 'error'),
    ...findings.filter(({ level }) => level === 'warning'),
  ];
}

async function examineState(
  { host, adapter, binaries, site }: Examination,
  state: HostState,
  ports: Ports,
): Promise<Finding[]> {
  const { facts } = host;
  const clients = site.clients.flatMap(({ images }) => images);
  const findings = [
    ...writerFindings(host),
    ...(await toolFindings(
      host,
      adapter,
      clients.some(({ bytes }) => bytes !== undefined),
    )),
    ...(await dhcpFindings(host)),
    ...(await portalFindings(host)),
    ...siteFindings(facts, state, site),
    ...(binaries === undefined ? [] : programFindings(facts, site, binaries)),
  ];
  // Nothing was done to it yet.
  if (state.serial === 0) return findings;
  const [accounts, entries] = [await readAccounts(host, state.serial), await survey(host)];
  const generations = namedGenerations(state);
  const luns = namedLuns(generations);
  const sizes = await sizesOf(
    host,
    luns.map(({ disk }) => disk),
  );
  return [
    ...findings,
    ...linkFindings(facts, state.serial, entries),
    ...stateFindings(facts, state),
    ...accountFindings(facts, state, accounts),
    ...(await rendered({ host, adapter, binaries }, { state, accounts, entries })),
    ...(await piFindings(host, state)),
    ...(await leakFindings(host, accounts, entries)),
    ...(await httpFindings(host, state)),
    ...(isArray(facts) ? [] : diskFindings(luns, sizes)),
    ...(await releaseFindings(host, state)),
    ...(await history({ host, adapter }, { state, generations, entries }, ports)),
    ...(await spaceFindings(host, state)),
    ...(isArray(facts)
      ? []
      : deletedFindings(facts, state, {
          sizes: await sizesOf(host, [...deletedDisks(state)]),
          clock: await clockOf(host),
        })),
  ];
}

interface Known {
  readonly state: HostState;
  readonly entries: Entries;
}

/** Files that are made anew from the state, beside those that are there. */
async function rendered(
  { host, adapter, binaries }: Omit<Examination, 'site'>,
  { state, accounts, entries }: Known & { readonly accounts: ReadonlyMap<string, ClientAccount> },
): Promise<Finding[]> {
  const { facts } = host;
  // Without its account nothing of a client can be made; that is told already.
  if (Object.keys(state.clients).some((client) => !accounts.has(client)))
    return modeFindings(facts, [], entries);
  let expected: ExpectedFiles;
  const digests = releasesOf(state);
  const manifests = await manifestsThere(host, digests);
  try {
    expected = expectedFiles(facts, state, accounts, { adapter, binaries, manifests });
  } catch (error) {
    return [
      ...ofFailure(error, { about: 'state', where: host.facts.name }),
      ...modeFindings(facts, [], entries),
    ];
  }
  const { http, tftp, conf } = expected;
  const context = { host, entries, accounts };
  return [
    // What is shown of a release that is not whole cannot be told; that it is not is told already.
    ...(manifests.size < digests.length ? [] : await fileFindings(http, context)),
    ...(await fileFindings(conf, context)),
    ...(await tftpFindings(tftp, binaries, context)),
    ...modeFindings(facts, [http, conf], entries),
  ];
}

/** What machines cannot do with the programs that they are handed. */
function programFindings(facts: HostFacts, { clients }: SiteView, binaries: BootBinaries): Finding[] {
  return lackingIn(facts, clients, binaries).map(({ what, expected = '', found = '', hint = '' }) => ({
    ...{ level: 'error', about: 'tftp', what, where: hostLayout(facts).tftp, expected, found, hint },
  }));
}

/** The live target, and what earlier calls left. */
async function history(
  { host, adapter }: Pick<Examination, 'host' | 'adapter'>,
  { state, generations, entries }: Known & { readonly generations: readonly NamedGeneration[] },
  ports: Ports,
): Promise<Finding[]> {
  const states = await listStates(host);
  const others: NamedGeneration[] = [];
  for (const { serial } of states.all) {
    const other = await readStateOf(host, serial);
    if (other !== undefined) others.push(...namedGenerations(other));
  }
  const all = [...generations, ...others];
  const deleted = deletedDisks(state);
  const [known, named] = [
    new Set(all.map(({ target }) => target)),
    new Set([...namedLuns(all).map(({ disk }) => disk), ...deleted]),
  ];
  const left = { states, named, clones: await listClones(host) };
  return [
    ...(await live({ host, adapter }, state, known, ports)),
    ...leftoverFindings(host.facts, entries, left),
  ];
}

async function live(
  { host, adapter }: Pick<Examination, 'host' | 'adapter'>,
  state: HostState,
  known: ReadonlySet<string>,
  ports: Ports,
): Promise<Finding[]> {
  try {
    const shown = await adapter.show(host, ports);
    const sessions = await adapter.sessions(host, ports);
    return targetFindings(host.facts, state, adapter, { shown, sessions, known });
  } catch (error) {
    return ofFailure(error, { about: 'target', where: `${host.facts.target.kind} on ${host.facts.name}` });
  }
}

/** Where nothing can be written nothing can be changed: no client can be added, and none can be kept out. */
function writerFindings(host: TargetHost): Finding[] {
  const problem = writerProblem(host);
  return problem === undefined ? [] : [{ level: 'error', about: 'host', where: host.facts.root, ...problem }];
}

async function spaceFindings(host: TargetHost, state: HostState): Promise<Finding[]> {
  const { name, root } = host.facts;
  const space = await freeSpace(host, deletedDisks(state));
  return thinExhaustion(name, space).map(({ message, hint }) => ({
    ...{ level: isFull(space.free) ? 'error' : 'warning', about: 'space', what: message, where: root, hint },
  }));
}

/** What a part of the host says of itself is a finding; that the host is lost, or the user wants to stop, is none. */
function ofFailure(error: unknown, { about, where }: Pick<Finding, 'about' | 'where'>): Finding[] {
  if (!(error instanceof Failure) || !['usage', 'host', 'tool'].includes(error.kind)) throw error;
  return error.diagnostics.map(({ what, expected, found, hint }) => ({
    ...{ level: 'error', about, what, where, hint: hint ?? 'Mend it, then run this again.' },
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
  }));
}
