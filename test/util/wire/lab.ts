/**
 * A target host named `lab` on a network of its own, with tgt as its target: driven by the command line where its site file is;
 * machines on the network boot from it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Ports } from '../../../base/ports.js';
import { UndoStack } from '../../../base/undo-stack.js';
import { type CliResult, lunsmith } from '../cli.js';
import { type ClientMachine, type ClientOptions, openClient } from './client.js';
import {
  type Pxelinux,
  startDhcp,
  startHttp,
  startPlainDhcp,
  startPxelinux,
  startSecondDhcp,
  startTarget,
} from './servers.js';
import { openWire, type Wire } from './wire.js';

export interface Lab extends AsyncDisposable {
  /** All that the host has of lunsmith's. */
  readonly root: string;
  /** The command line, which must do what it is asked. @throws Error with all that it said */
  cli(...args: string[]): Promise<CliResult>;
  /** From now on the host asks for the proofs of these cells before a promotion. */
  requireProofs(cells: readonly string[]): Promise<void>;
  /** From now on the site has these clients. */
  have(clients: LabOptions['clients']): Promise<void>;
  /** Starts what machines boot by besides the target, of which something must be published. */
  serve(): Promise<void>;
  /** Another machine on the network that runs programs of this one, with that address. */
  neighbour(address: string): Promise<Ports>;
  /** Runs a command in the namespace of the networks: takes an address from a card or gives it back, takes a link down. */
  ip(...args: string[]): Promise<void>;
  /** A machine on the network, which is off. */
  machine(options: Omit<ClientOptions, 'signal'>): Promise<ClientMachine>;
}

export interface LabOptions {
  /** Folder to be made. */
  readonly home: string;
  /** Entries of `clients:`, by name, as YAML. */
  readonly clients: Readonly<Record<string, string>>;
  /** Values of environment variables that the site file refers to; none may be told. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The network has a DHCP server that gives addresses and tells nothing of booting. */
  readonly plainDhcp?: true;
  /** The same, and it leads them to PXELINUX by what lies in `tftp/` of the host. */
  readonly pxelinux?: Pxelinux;
  /** The target asks clients for a sign of life, and gives those up that have been gone for a minute. */
  readonly asks?: true;
  /** The target is reached by two portals, each in a network of its own; the first has an address of its own in the first network. */
  readonly portals?: true;
}

/** Addresses of the two portals. */
export const PORTALS = ['10.78.0.9', '10.79.0.1'] as const;

export async function openLab({ home, secrets, asks, portals, ...dhcp }: LabOptions): Promise<Lab> {
  await using stack = new UndoStack();
  const { pxelinux } = dhcp;
  const plainDhcp = dhcp.plainDhcp ?? (pxelinux === undefined ? undefined : true);
  const { signal } = new AbortController();
  await mkdir(home);
  const [root, file, socket] = ['lab', 'lunsmith.yaml', 'tgtd'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  const wire = stack.use(await openWire(signal));
  let [cells, clients]: [readonly string[], LabOptions['clients']] = [[], dhcp.clients];
  const writeSite = () =>
    writeFile(
      file,
      siteText({ address: wire.address, bridge: wire.bridge, cells, clients, plainDhcp, portals }),
    );
  await writeSite();
  const options = { ...(asks === undefined ? {} : { asks }), ...(portals ? { portals: PORTALS } : {}) };
  if (portals === true) await ip(wire, 'address', 'add', `${PORTALS[0]}/24`, 'dev', wire.bridge);
  stack.use(await startTarget(wire, socket, options));
  const rest = stack.move();
  return {
    root,
    cli: async (...args) => {
      const result = await lunsmith([...args, '--site', file], {
        env: { ...secrets, TGT_IPC_SOCKET: socket },
      });
      if (result.exitCode !== 0) throw new Error(`${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
      for (const secret of Object.values(secrets))
        expect(result.stdout + result.stderr).not.toContain(secret);
      return result;
    },
    requireProofs: (wanted) => {
      cells = wanted;
      return writeSite();
    },
    have: (wanted) => {
      clients = wanted;
      return writeSite();
    },
    serve: async () => {
      rest.use(await startHttp(wire, root));
      const other = '10.78.0.2';
      if (pxelinux !== undefined)
        rest.use(await startPxelinux(await wire.neighbour(other), join(root, 'tftp'), pxelinux));
      else if (plainDhcp === true) rest.use(await startPlainDhcp(await wire.neighbour(other)));
      else rest.use(await startDhcp(wire, root));
      if (portals === true) rest.use(await startSecondDhcp(wire));
    },
    neighbour: (address) => wire.neighbour(address),
    ip: (...args) => ip(wire, ...args),
    machine: async (options) => rest.use(await openClient(wire, { ...options, signal })),
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

interface SiteFacts {
  readonly address: string;
  readonly bridge: string;
  readonly cells: readonly string[];
  readonly clients: LabOptions['clients'];
  readonly plainDhcp: LabOptions['plainDhcp'];
  readonly portals: LabOptions['portals'];
}

async function ip({ ports }: Wire, ...args: string[]): Promise<void> {
  await ports.run(['ip', ...args], { doing: 'change the network' });
}

function siteText({ address, bridge, cells, clients, plainDhcp, portals }: SiteFacts): string {
  const entries = Object.entries(clients).map(([name, entry]) => `  ${name}: ${entry}\n`);
  const dhcp =
    plainDhcp === true
      ? '{ kind: none }'
      : `{ kind: dnsmasq, interface: ${bridge}, network: 10.78.0.0/24, range: { first: 10.78.0.100, last: 10.78.0.199 } }`;
  return `
hosts:
  lab:
    connect: ./lab
    address: ${address}
    target: { kind: tgt, prefix: iqn.2026-01.org.example:lab${portals === true ? `, portals: [${PORTALS.join(', ')}]` : ''} }
    dhcp: ${dhcp}
    gate: [${cells.join(', ')}]
clients:
${entries.join('')}`;
}
