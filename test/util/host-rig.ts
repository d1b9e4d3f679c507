/** A target host in a temporary folder, with real clones and boot files and a target that is a table in a file. */
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { createPorts } from '../../base/command.js';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import type { Event } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { type ApplyOptions, applyChange, readState } from '../../hosts/apply.js';
import { confFiles, httpFiles, tftpFiles } from '../../hosts/boot-files.js';
import type { Intent } from '../../hosts/change/intent.js';
import { checkClones, cleanClones, cloneDisk, makeClone, removeClone } from '../../hosts/clients/clone.js';
import { openDirectory } from '../../hosts/host/directory.js';
import type { HostDrivers } from '../../hosts/host/drivers.js';
import type { TargetHost } from '../../hosts/host/host.js';
import type { Generation } from '../../hosts/host/state.js';
import type { ClientFacts, HostFacts } from '../../hosts/site/facts.js';
import type { IscsiSession, OfferedLun, TargetAdapter } from '../../hosts/target/adapter.js';
import { clientFacts, hostFacts, type SmallRelease, smallRelease } from './hosts.js';

/** A row of the table: a target, and whose it is. */
export interface TableRow extends OfferedLun {
  readonly foreign?: boolean;
}

/** Its table and its sessions lie beside the host's folder, and are changed row by row, as a real one would. */
function tableAdapter(folder: string): TargetAdapter {
  const path = join(folder, 'table.json');
  const rows = async (host: TargetHost) => JSON.parse((await host.read(path)) ?? '[]') as TableRow[];
  const save = (host: TargetHost, table: readonly TableRow[]) =>
    host.write(path, JSON.stringify(table), { mode: 0o600 });
  const sessions = async (host: TargetHost) =>
    JSON.parse((await host.read(join(folder, 'sessions.json'))) ?? '[]') as IscsiSession[];
  return {
    lun: 1,
    tools: [],
    files: ['targets.conf'],
    look: () => [],
    render: (offered) => [
      {
        name: 'targets.conf',
        text: offered.map(({ target, chap }) => `${target} ${chap.secret}\n`).join(''),
      },
    ],
    check: async (host, offered) => refuseForeign(await rows(host), offered),
    apply: async (host, offered) => {
      const table = await rows(host);
      refuseForeign(table, offered);
      for (const lun of offered) {
        const at = table.findIndex(({ target }) => target === lun.target);
        if (JSON.stringify(table[at]) === JSON.stringify(lun)) continue;
        if (at === -1) table.push(lun);
        else table[at] = lun;
        await save(host, table);
      }
    },
    show: async (host) =>
      (await rows(host)).map(({ target, disk, beside, initiator, chap }) => ({
        target,
        luns: [disk, ...(beside === undefined ? [] : [beside.disk])].map((each, index) => ({
          number: 1 + index,
          disk: each,
        })),
        initiators: [initiator],
        accounts: [chap.user],
      })),
    sessions,
    remove: async (host, targets) => {
      if ((await sessions(host)).some(({ target }) => targets.includes(target)))
        throw new Failure('usage', { what: 'It has a session.' });
      for (const target of targets)
        await save(
          host,
          (await rows(host)).filter((row) => row.target !== target),
        );
    },
  };
}

function refuseForeign(table: readonly TableRow[], offered: readonly OfferedLun[]): void {
  const strange = offered.find((lun) =>
    table.some((row) => row.foreign === true && row.target === lun.target),
  );
  if (strange !== undefined)
    throw new Failure('usage', { what: `The target ${strange.target} belongs to somebody else.` });
}

export interface HostRig extends AsyncDisposable {
  /** Holds the host's folder `root`, and what is no part of it. */
  readonly folder: string;
  readonly root: string;
  readonly facts: HostFacts;
  readonly host: TargetHost;
  readonly ports: Ports;
  readonly events: Event[];
  readonly options: ApplyOptions;
  /** v1 and v2 lie on the host. */
  readonly releases: Readonly<Record<'v1' | 'v2', SmallRelease>>;
  sessions(list: readonly IscsiSession[]): Promise<void>;
  table(): Promise<TableRow[]>;
}

export async function putRelease(
  root: string,
  { digest, manifest, proofs, disk }: SmallRelease,
): Promise<void> {
  const folder = join(root, 'releases', digest);
  await mkdir(join(folder, 'proofs'), { recursive: true });
  await writeFile(join(folder, 'manifest.json'), canonicalJson(manifest));
  for (const { path, role } of manifest.artifacts) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), role === 'lun-image' ? disk : '');
  }
  for (const [index, proof] of proofs.entries())
    await writeFile(join(folder, 'proofs', `${index}.json`), canonicalJson(proof));
}

export async function hostRig(
  changed: (folder: string) => Partial<HostFacts> = () => ({}),
  manifest: Partial<Manifest> = {},
): Promise<HostRig> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-host-'));
  const root = join(folder, 'root');
  const facts = hostFacts(root, changed(folder));
  const events: Event[] = [];
  const ports = createPorts({ emit: (event) => events.push(event), signal: new AbortController().signal });
  const releases = {
    v1: smallRelease('v1', undefined, manifest),
    v2: smallRelease('v2', undefined, manifest),
  };
  for (const release of Object.values(releases)) await putRelease(root, release);
  const drivers: HostDrivers = {
    adapter: tableAdapter(folder),
    clones: {
      disk: cloneDisk,
      check: checkClones,
      make: makeClone,
      remove: removeClone,
      clean: cleanClones,
    },
    bootFiles: { http: httpFiles, tftp: tftpFiles, conf: confFiles },
  };
  return {
    folder,
    root,
    facts,
    host: withClock(openDirectory(facts, ports)),
    ports,
    events,
    releases,
    options: {
      drivers,
      channels: ['stable', 'edge'],
      now: '2026-01-02T03:04:05Z',
      lock: { words: 'a test' },
      files: () => Promise.resolve({}),
      secret: async ({ name, secret }: ClientFacts) => `${secret.slice('env:'.length)}-of-${name}`,
    },
    sessions: (list) => writeFile(join(folder, 'sessions.json'), JSON.stringify(list)),
    table: async () =>
      JSON.parse(await readFile(join(folder, 'table.json'), 'utf8').catch(() => '[]')) as TableRow[],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Its clock stands still: what two calls write is the same. */
function withClock(host: TargetHost): TargetHost {
  const time = { stdout: `${Date.parse('2026-01-02T03:04:06Z') / 1000}\n`, stderr: '', exitCode: 0 };
  const run: TargetHost['run'] = (argv, options) =>
    argv[0] === 'date' ? Promise.resolve(time) : host.run(argv, options);
  return { ...host, run };
}

/**
 * All below a folder: modes, texts and links, by path; times, the order of folders, who had the lock and the reserve
 * do not matter.
 * @param shownAs what becomes of a text or a link before it is compared
 */
export async function picture(
  folder: string,
  shownAs = (text: string) => text,
): Promise<Record<string, string>> {
  const shown: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.isSymbolicLink()) shown[name] = `-> ${shownAs(await readlink(path))}`;
    else if (entry.isFile() && entry.name !== 'reserve') {
      const mode = ((await stat(path)).mode & 0o777).toString(8);
      const content = ['lock', 'publishing'].includes(entry.name)
        ? ''
        : shownAs(await readFile(path, 'latin1'));
      shown[name] = `${mode} ${content.length > 9999 ? sha256OfText(content) : content}`;
    }
  }
  return Object.fromEntries(Object.entries(shown).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a client boots of the image `debian`. */
export async function currentGeneration(host: TargetHost, client: string): Promise<Generation> {
  const image = (await readState(host)).clients[client]?.images['debian'];
  const generation = image?.generations.find(({ id }) => id === image.current);
  if (generation === undefined) throw new Error(`${client} has no current generation`);
  return generation;
}

/** Wishes that are fulfilled on a rig. @param rig that of the test that runs */
export function wishesOf(rig: () => HostRig) {
  const act = (intent: Intent) => applyChange(rig().host, intent, rig().options, rig().ports);
  return {
    act,
    promote: (version: 'v1' | 'v2') =>
      act({ kind: 'promote', channel: 'stable', release: rig().releases[version].digest }),
    add: (number: number, changed = {}) => act({ kind: 'add', client: clientFacts(number, changed) }),
  };
}
