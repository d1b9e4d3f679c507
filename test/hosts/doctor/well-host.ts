/** A host that was made by real changes, made anew before each test: whatever is broken on it is told, and nothing else. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { BootBinaries } from '../../../artifacts/formats/ipxe-binaries.js';
import { type ApplyOptions, applyChange, readState } from '../../../hosts/apply.js';
import { tftpFiles } from '../../../hosts/boot-files.js';
import type { Change, Intent } from '../../../hosts/change/intent.js';
import { type Examination, examineHost, type Finding } from '../../../hosts/doctor.js';
import type { Generation } from '../../../hosts/host/state.js';
import { type HostRig, hostRig } from '../../util/host-rig.js';
import { clientFacts } from '../../util/hosts.js';

const BINARIES: BootBinaries = {
  version: '1.0.0',
  packages: { ipxe: '1.0.0' },
  files: ['undionly.kpxe', 'snponly.efi', 'ipxe.lkrn'].map((name) => ({ name, bytes: Buffer.from(name) })),
};
export const WEB1 = clientFacts(1, { secret: 'env:CANARY' });
export const WEB2 = clientFacts(2, { images: [{ name: 'debian', channel: 'stable', boot: 'direct' }] });
export const SECRET = 'CANARY-of-web1';
export const CONVERGE = 'Run: npx lunsmith repair --on san1';

export interface WellHost {
  readonly rig: HostRig;
  readonly options: ApplyOptions;
  /** The LUN of web1. */
  readonly web1: Generation;
  /** A path below the host's folder. */
  readonly at: (path: string) => string;
  readonly act: (intent: Intent) => Promise<Change>;
  readonly generationOf: (client: string) => Promise<Generation>;
  /** All that is found, and that no secret is among it. */
  readonly found: (changed?: Partial<Examination>) => Promise<readonly Finding[]>;
}

/** To be called once in a file, before its tests: state 3 of a host with web1 (`san`) and web2 (`direct`). */
export function wellHost(): WellHost {
  let rig: HostRig;
  let options: ApplyOptions;
  let web1: Generation;
  /** What the folder was before anything was broken. */
  let whole: string;
  const act = (intent: Intent) => applyChange(rig.host, intent, options, rig.ports);
  const generationOf = async (client: string) => {
    const [image] = Object.values((await readState(rig.host)).clients[client]?.images ?? {});
    const generation = image?.generations[0];
    if (generation === undefined) throw new Error(`${client} has no LUN`);
    return generation;
  };
  beforeAll(async () => {
    rig = await hostRig();
    const { drivers } = rig.options;
    const bootFiles = {
      ...drivers.bootFiles,
      tftp: (input: Parameters<typeof tftpFiles>[0]) => tftpFiles(input, BINARIES),
    };
    options = { ...rig.options, drivers: { ...drivers, bootFiles } };
    await act({ kind: 'promote', channel: 'stable', release: rig.releases.v1.digest });
    await act({ kind: 'add', client: WEB1 });
    await act({ kind: 'add', client: WEB2 });
    web1 = await generationOf('web1');
    whole = `${rig.folder}.whole`;
    await cp(rig.folder, whole, { recursive: true, verbatimSymlinks: true });
  });
  afterEach(async () => {
    await rm(rig.folder, { recursive: true });
    await cp(whole, rig.folder, { recursive: true, verbatimSymlinks: true });
  });
  afterAll(async () => {
    await rm(whole, { recursive: true });
    await rig[Symbol.asyncDispose]();
  });
  return {
    get rig() {
      return rig;
    },
    get options() {
      return options;
    },
    get web1() {
      return web1;
    },
    at: (path) => join(rig.root, path),
    act,
    generationOf,
    found: async (changed = {}) => {
      const { adapter } = options.drivers;
      const site = { clients: [WEB1, WEB2], channels: ['stable', 'edge'] };
      const findings = await examineHost(
        { host: rig.host, adapter, binaries: BINARIES, site, ...changed },
        rig.ports,
      );
      expect(JSON.stringify(findings)).not.toContain(SECRET);
      return findings;
    },
  };
}
