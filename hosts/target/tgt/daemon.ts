/** A private tgtd: started for one purpose, with a control socket of its own, and ended with it. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../../base/failure.js';
import type { Ports, RunningTool } from '../../../base/ports.js';
import { askTgtd } from './client.js';
import { readOnlyParam } from './conf.js';
import type { TgtRequest } from './protocol.js';
import {
  bindAccount,
  bindInitiator,
  newAccount,
  newLun,
  newTarget,
  setLun,
  type TgtOrder,
} from './requests.js';
import { parseBytesRead, parseTargets, type TgtTarget } from './show.js';

/** tgtd appends the number of its control port (tgtd(8), `--control-port`) to its socket's name. */
const SOCKET = 'tgtd';
const CONTROL_PORT = 0;
/** Seconds to wait for its socket, and for its end. */
const START_SECONDS = 10;
const END_SECONDS = 1;
const LOOK_MS = 20;

export interface TgtdOptions {
  /** Where it listens. */
  readonly portal: { readonly address: string; readonly port: number };
  /** A private folder; the control socket lies in it. */
  readonly folder: string;
  /** Another path of the same folder that is short enough for a socket address, e.g. through /proc/self/fd. */
  readonly shortFolder?: string;
  readonly onLine?: (line: string) => void;
}

export interface LunOptions {
  /** IQN of the target. */
  readonly name: string;
  /** Path of the raw disk. */
  readonly disk: string;
  /** From 1 on: LUN 0 is tgtd's own controller. */
  readonly lun: number;
  /** Serial number of the logical unit, at most 36 characters. */
  readonly serial: string;
  /** The one initiator that may log in. */
  readonly initiator: string;
  readonly chap: { readonly user: string; readonly secret: string };
  /** It cannot be written to. */
  readonly readOnly?: boolean;
}

export interface Tgtd extends AsyncDisposable {
  /** Offers one disk to one initiator. @throws Failure of kind `tool`, or `usage` for a value that tgtd cannot take */
  offer(options: LunOptions): Promise<void>;
  targets(): Promise<TgtTarget[]>;
  /** Bytes that the open sessions have read of the disks that were offered. */
  bytesRead(): Promise<number>;
  /** What tgtd shows of all its targets, for a log. */
  show(): Promise<string>;
}

/** Starts tgtd. @throws Failure of kind `host` when it is missing, `tool` when it does not start */
export async function startTgtd(ports: Ports, options: TgtdOptions): Promise<Tgtd> {
  const { portal, folder, onLine } = options;
  const tool = await ports.start(
    ['tgtd', '--foreground', '--iscsi', `portal=${portal.address}:${portal.port}`],
    {
      doing: 'serve the disk over iSCSI',
      cwd: folder,
      env: { TGT_IPC_SOCKET: SOCKET },
      quiet: true,
      ...(onLine === undefined ? {} : { onLine }),
    },
  );
  const socket = join(options.shortFolder ?? folder, `${SOCKET}.${CONTROL_PORT}`);
  try {
    await waitUntilReady(tool, socket, ports.signal);
  } catch (error) {
    await tool[Symbol.asyncDispose]();
    throw error;
  }
  let offered = 0;
  const ask = (request: TgtRequest, doing: string) => askTgtd(socket, request, doing);
  const show = () => ask({ operation: 'show', mode: 'target' }, 'ask tgtd for its targets');
  return {
    show,
    targets: async () => parseTargets(await show()),
    bytesRead: async () => {
      let sum = 0;
      for (let target = 1; target <= offered; target++)
        sum += parseBytesRead(
          await ask({ operation: 'stat', mode: 'target', target }, 'ask tgtd what was read'),
        );
      return sum;
    },
    offer: async (lun) => {
      offered += 1;
      for (const { request, doing } of offerRequests(offered, lun)) await ask(request, doing);
    },
    [Symbol.asyncDispose]: () => end(tool, ask, offered, ports.signal),
  };
}

/** The requests that offer a disk, in order; `target` is the number under which tgtd knows the target. */
export function offerRequests(target: number, options: LunOptions): TgtOrder[] {
  const { name, disk, lun, serial, initiator, chap, readOnly } = options;
  return [
    newTarget(target, name),
    newLun(target, lun, disk),
    setLun(target, lun, serial, readOnlyParam(readOnly)),
    newAccount(chap),
    bindAccount(target, chap.user),
    bindInitiator(target, initiator),
  ];
}

async function waitUntilReady(tool: RunningTool, socket: string, signal: AbortSignal): Promise<void> {
  let ended: string | undefined;
  void tool.ended.then((end) => {
    ended = end.signal === undefined ? `exit code ${end.exitCode}` : `ended by ${end.signal}`;
  });
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    if (signal.aborted) throw new Failure('interrupted', { what: 'Interrupted: could not start tgtd.' });
    try {
      await askTgtd(socket, { operation: 'show', mode: 'target' }, 'ask tgtd for its targets');
      return;
    } catch (error) {
      if (ended === undefined && Date.now() < deadline) {
        await delay(LOOK_MS);
        continue;
      }
      throw new Failure(
        'tool',
        { what: 'tgtd did not start.', found: ended ?? `no answer within ${START_SECONDS} s` },
        { cause: error, command: { argv: ['tgtd', '--foreground'], lastLines: tool.lastLines() } },
      );
    }
  }
}

/** tgtd ignores SIGTERM; it ends by itself once it has no target and is told to. */
async function end(
  tool: RunningTool,
  ask: (request: TgtRequest, doing: string) => Promise<string>,
  targets: number,
  signal: AbortSignal,
): Promise<void> {
  const order = async () => {
    for (let target = 1; target <= targets; target++) {
      await ask({ operation: 'delete', mode: 'target', target, force: true }, 'delete the iSCSI target');
    }
    await ask({ operation: 'delete', mode: 'system' }, 'end tgtd');
    await Promise.race([tool.ended, delay(END_SECONDS * 1000, undefined, { ref: false })]);
  };
  // After an abort it is being killed already; and if it does not listen, it is killed below.
  if (!signal.aborted) await order().catch(() => undefined);
  await tool[Symbol.asyncDispose]();
}
