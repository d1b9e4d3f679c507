/** Sets up all that a client meets, and the client's machine itself, switched off. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ipxeScript } from '../artifacts/formats/ipxe.js';
import { PC } from '../artifacts/platform/pc.js';
import { RASPBERRY_PI } from '../artifacts/platform/raspberry-pi.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import { UndoStack } from '../base/undo-stack.js';
import { hostLayout } from '../hosts/host/layout.js';
import { filesOf } from '../hosts/serve/http-folder.js';
import { serveHttp } from '../hosts/serve/http-server.js';
import { LUN } from '../hosts/target/tgt/conf.js';
import { startTgtd, type Tgtd } from '../hosts/target/tgt/daemon.js';
import type { Chain } from './chain.js';
import { bootFilesInput, HTTP_PORT, ISCSI_PORT, layDown } from './client-host.js';
import { accountCredential, accountParameter, hashPassword, keyLines } from './credentials.js';
import { CAPTURE, type Evidence } from './evidence.js';
import type { GateIdentity } from './identity.js';
import { createMachine, type Machine, type MachineOptions } from './machine.js';
import { type GateNetwork, openNetwork } from './network.js';
import { qemuArgv } from './qemu.js';
import { piMachine } from './raspberry-pi/machine.js';
import type { GateRequest } from './request.js';
import { openRuntime, type Runtime } from './runtime.js';

export interface Scene extends AsyncDisposable {
  readonly network: GateNetwork['kind'];
  readonly target: Tgtd;
  readonly machine: Machine;
}

/** Who hears what the client and its servers say. */
export type SceneListener = Pick<Chain, 'consoleLine' | 'consolePartial' | 'dnsmasqLine' | 'firmwareLine'>;

export interface SceneOptions {
  readonly request: Omit<GateRequest, 'evidence'>;
  readonly identity: GateIdentity;
  readonly evidence: Pick<Evidence, 'log' | 'path'>;
  readonly chain: SceneListener;
  /** What a client that somebody tries by hand has besides. */
  readonly more?: {
    /** Of the machine. */
    readonly machine?: Pick<MachineOptions, 'onSerial' | 'mostResets'>;
    /** Arguments of QEMU. */
    readonly qemu?: readonly string[];
    /** Lets root in over SSH, of a machine that has an SMBIOS. */
    readonly sshKey?: string;
  };
  /** The client's own copy. */
  readonly disk: string;
  readonly ports: Ports;
}

/** Why QEMU's own network does not do. */
function needsTap({ manifest: { platform, vlan } }: Pick<GateRequest, 'manifest'>): string | undefined {
  if (platform === RASPBERRY_PI.id)
    return 'The firmware of a Raspberry Pi is a machine of its own beside QEMU, which takes a bridge and a tap device.';
  if (vlan !== undefined) return 'The VLAN of its boot NIC is a second network, which takes a tap device.';
  return undefined;
}

/** @throws Failure of kind `usage` for a network that does not do, `host` or `tool` when something of it cannot be had; nothing stays behind then */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const { request, identity, evidence, chain, disk, ports } = options;
  const because = needsTap(request);
  if (because !== undefined && request.network === 'user') {
    throw new Failure('usage', {
      what: 'This release is not booted in QEMU’s own network.',
      expected: '`--network tap` or `auto`',
      hint: because,
    });
  }
  await using stack = new UndoStack();
  const runtime = stack.use(await openRuntime(request.scratch, ports));
  const root = join(runtime.path, 'host');
  const { platform, vlan } = request.manifest;
  const pi = platform === RASPBERRY_PI.id;
  const network = stack.use(
    await openNetwork(ports, {
      wanted: because === undefined ? (request.network ?? 'auto') : 'tap',
      because,
      bridge: pi,
      vlan,
      tftp: hostLayout({ root }).tftp,
      runtime,
      onLine: chain.dnsmasqLine,
    }),
  );
  const target = stack.use(
    await startTgtd(ports, {
      portal: { address: network.portal ?? network.listen, port: ISCSI_PORT },
      folder: runtime.path,
      shortFolder: runtime.shortPath,
      onLine: (line) => evidence.log('tgtd.log', line),
    }),
  );
  await target.offer({
    name: identity.target,
    disk,
    readOnly: request.manifest.disk.overlay !== undefined,
    lun: LUN,
    serial: identity.serial,
    initiator: identity.initiator,
    chap: { user: identity.chapUser, secret: identity.chapSecret },
  });
  const input = bootFilesInput({ request, identity, network, root, disk });
  const host = await layDown(input, request, ports);
  stack.use(
    await serveHttp({
      address: network.listen,
      port: HTTP_PORT,
      find: filesOf(host.http, () => Promise.resolve()),
      onLine: (line) => evidence.log('http.log', line),
    }),
  );
  await network.serve(host);
  const machine = stack.use(
    pi ? await piSwitchedOff(options, runtime, network) : await switchedOff(options, runtime, network),
  );
  const rest = stack.move();
  return { network: network.kind, target, machine, [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose]() };
}

/**
 * The card's own ROM is an iPXE too. For a direct boot it stays; for the LUN a plain PXE ROM is played, and the iPXE that
 * the host hands to such ROMs takes over, so that both kinds of client are proven.
 */
const PLAIN_ROM = ipxeScript([
  '# Does not tell that it is an iPXE, and leaves no trace of that to the iPXE which comes next.',
  'set user-class PXE',
  'dhcp || exit',
  'clear user-class',
  'chain tftp://${next-server}/${filename}',
]);

async function switchedOff(
  { request, identity, evidence, chain, ports, more = {} }: SceneOptions,
  runtime: Runtime,
  network: GateNetwork,
): Promise<Machine> {
  const { firmware, path } = request.cell;
  const oemString = join(runtime.path, 'credential');
  const hash = await hashPassword(identity.login.password, ports);
  const keys = more.sshKey === undefined ? [] : keyLines(more.sshKey);
  await writeFile(oemString, accountCredential(identity.login.name, hash, keys), { mode: 0o600 });
  const variables = join(runtime.path, 'variables.fd');
  if (firmware === 'uefi') await copyFile(PC.gate.flash.variables.path, variables);
  const romScript = join(runtime.path, 'rom.ipxe');
  const plainRom = firmware === 'bios' && path === 'san' && network.kind === 'tap';
  if (plainRom) await writeFile(romScript, PLAIN_ROM);
  return createMachine(ports, {
    ...more.machine,
    argv: ({ capture }) => [
      ...qemuArgv({
        firmware,
        accelerator: request.accelerator,
        mac: identity.mac,
        netdev: network.netdev,
        // OVMF's own PXE loads snponly.efi; the user network cannot tell it from the iPXE that comes next.
        optionRom: firmware === 'bios' || network.kind === 'user',
        ...(plainRom ? { romScript } : {}),
        capture,
        oemString,
        ...(firmware === 'uefi' ? { variables } : {}),
      }),
      ...(network.more ?? []),
      ...(more.qemu ?? []),
    ],
    runtime,
    capture: evidence.path(CAPTURE),
    onConsoleLine: chain.consoleLine,
    onConsolePartial: chain.consolePartial,
    onToolLine: (line) => evidence.log('qemu.log', line),
  });
}

/** Its machine begins with the firmware, and has no SMBIOS for the account. */
async function piSwitchedOff(
  { request, identity, evidence, chain, ports, more = {} }: SceneOptions,
  runtime: Runtime,
  { netdev, device = '' }: GateNetwork,
): Promise<Machine> {
  const { name, password } = identity.login;
  return piMachine(
    {
      ...more.machine,
      pi: { model: RASPBERRY_PI.gate.model, serial: identity.piSerial, mac: identity.mac },
      architecture: request.manifest.architecture,
      bridge: device,
      netdev,
      append: accountParameter(name, await hashPassword(password, ports)),
      runtime,
      capture: evidence.path(CAPTURE),
      onFirmwareLine: chain.firmwareLine,
      onConsoleLine: chain.consoleLine,
      onConsolePartial: chain.consolePartial,
      onToolLine: (line) => evidence.log('qemu.log', line),
    },
    ports,
  );
}
