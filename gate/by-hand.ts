/**
 * A release on the gate's machine and network for somebody who tries it by hand: nothing is judged. Called inside a sandbox, as a cell
 * is; what the outside sees of it are Unix sockets in a folder that both have.
 */
import { once } from 'node:events';
import { rename, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { lunImageOf } from '../artifacts/release/roles.js';
import { Failure } from '../base/failure.js';
import { forward } from '../base/forward.js';
import type { Ports } from '../base/ports.js';
import { UndoStack } from '../base/undo-stack.js';
import { Broken, Undecided } from './broken.js';
import type { GateAccount } from './credentials.js';
import { copyDisk } from './disk.js';
import { openEvidence } from './evidence.js';
import { makeIdentity } from './identity.js';
import { value } from './qemu.js';
import { createRedactor } from './redact.js';
import type { GateRequest } from './request.js';
import { openScene, type Scene } from './scene.js';

export interface ByHandRequest extends GateRequest {
  /** Absolute path of a private folder; its length is that of a socket's path (unix(7)) less {@link SOCKETS}. */
  readonly sockets: string;
  /** The account for the console. */
  readonly login: GateAccount;
  /** What is let in as root over SSH: a line of authorized_keys. */
  readonly sshKey?: string;
  /** Whether the screen can be seen by VNC. */
  readonly display: boolean;
  /** Absolute path of the LUN that stays; made of the release's image where it is not there. */
  readonly keep?: string;
}

/** Sockets in the folder. At `console` the outside listens; a connection to `ssh` is one to the client's SSH server. */
export const SOCKETS = { console: 'console', ssh: 'ssh', vnc: 'vnc' } as const;
const SSH_PORT = 22;

/** Boots the client, and waits until it has switched itself off or the outside closes its console. @returns whether it was the client */
export async function bootByHand(request: ByHandRequest, ports: Ports): Promise<boolean> {
  const { cell, digest, sockets, keep, sshKey } = request;
  const identity = { ...makeIdentity(cell, digest), login: request.login };
  const redactor = createRedactor([identity.chapSecret, identity.offeredSecret, identity.login.password]);
  await using evidence = await openEvidence(request.evidence, redactor);
  const disk = keep === undefined ? await copyDisk(request, ports) : await keptDisk(keep, request, ports);
  await using stack = new UndoStack();
  const terminal = connect(join(sockets, SOCKETS.console));
  await once(terminal, 'connect');
  const left = new Promise<'left'>((resolve) => {
    terminal.on('error', () => undefined).once('close', () => resolve('left'));
  });
  stack.defer(async () => {
    // What the machine said last arrives first.
    terminal.resume().end();
    await left;
  });
  let address: string | undefined;
  const { machine, network }: Scene = stack.use(
    await openScene({
      ...{ request, identity, evidence, disk, ports },
      chain: {
        consoleLine: () => undefined,
        consolePartial: () => undefined,
        firmwareLine: (line) => void terminal.write(`${line}\r\n`),
        dnsmasqLine: (line) => {
          address = /DHCPACK\(\S+\) (\S+)/.exec(line)?.[1] ?? address;
          evidence.log('dnsmasq.log', line);
        },
      },
      more: {
        machine: { onSerial: (chunk) => void terminal.write(chunk), mostResets: Number.POSITIVE_INFINITY },
        qemu: request.display ? ['-vnc', `unix:${value(join(sockets, SOCKETS.vnc))}`] : [],
        ...(sshKey === undefined ? {} : { sshKey }),
      },
    }),
  );
  if (sshKey !== undefined && network === 'user') {
    throw new Failure('host', {
      what: 'The machine’s SSH server cannot be reached on QEMU’s own network.',
      expected: 'a tap device: /dev/net/tun that may be opened',
      hint: 'Leave `--ssh` out; the console does not need it.',
    });
  }
  if (sshKey !== undefined) {
    const client = () => (address === undefined ? undefined : { host: address, port: SSH_PORT });
    stack.use(await forward({ path: join(sockets, SOCKETS.ssh) }, client));
  }
  terminal.setEncoding('utf8').on('data', (text: string) => machine.console.send(text));
  await machine.powerOn().catch((error: unknown) => {
    throw asFailure(error);
  });
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(new Failure('interrupted', { what: 'Interrupted: the machine is off.' }));
    ports.signal.addEventListener('abort', stop, { once: true });
    if (ports.signal.aborted) stop();
  });
  const end = await Promise.race([left, machine.over, stopped]);
  if (end === 'left') return false;
  if (end !== undefined) throw asFailure(end);
  return true;
}

/** Nothing is judged here: what would be a verdict of a proof is the reason why the machine is off. */
function asFailure(error: unknown): Failure {
  return error instanceof Broken || error instanceof Undecided
    ? new Failure('tool', { what: error.message })
    : Failure.from(error);
}

/** The disk that stays, whole from the moment on at which it is there. */
async function keptDisk(keep: string, request: ByHandRequest, ports: Ports): Promise<string> {
  const there = await stat(keep).catch(() => undefined);
  const { bytes } = request.manifest.disk;
  if (there === undefined) {
    const part = `${keep}.part`;
    try {
      await copyDisk(request, ports, part);
      await rename(part, keep);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    return keep;
  }
  // Files of releases are hard links into the store, and who runs this is root here: their mode is all that protects them.
  if (there.isFile() && (there.mode & 0o222) === 0) {
    throw new Failure('usage', {
      what: `${keep} may not be written to.`,
      expected: 'what was kept of a try before, or a path where nothing is',
      found: 'a read-only file, as those of a release are',
    });
  }
  if (there.isFile() && there.size === bytes) return keep;
  throw new Failure('usage', {
    what: `${keep} is no LUN of this release.`,
    expected: `a file of ${bytes} bytes, as ${lunImageOf(request.manifest)} is, or a path where nothing is`,
    found: there.isFile() ? `${there.size} bytes` : 'no regular file',
  });
}
