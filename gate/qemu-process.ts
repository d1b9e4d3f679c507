/** One start of QEMU: from its command line to its end, with its serial port and its control connection. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/failure.js';
import type { Argv, Ports, RunningTool } from '../base/ports.js';
import { UndoStack } from '../base/undo-stack.js';
import { QMP_SOCKET } from './qemu.js';
import { openQmp, type Qmp, type QmpEvent } from './qmp.js';
import type { Runtime } from './runtime.js';
import { openSerial, type Serial } from './serial.js';

export interface QemuProcess extends AsyncDisposable, Pick<Serial, 'type' | 'catchUp'> {
  readonly qmp: Qmp;
  /** Thread ids of its virtual processors. */
  readonly processors: readonly number[];
  /** Settles when it has ended and all that it printed was taken. */
  readonly ended: Promise<void>;
}

export interface QemuProcessOptions {
  readonly argv: Argv;
  /** QEMU's working directory, for sockets and FIFOs. */
  readonly folder: Pick<Runtime, 'path' | 'shortPath'>;
  /** What the serial port prints. */
  readonly onSerial: (chunk: Buffer) => void;
  readonly onEvent: (event: QmpEvent) => void;
  readonly onToolLine: (line: string) => void;
}

/** It opens its socket before anything else; a host that is busy may let it wait. */
const CONNECT_SECONDS = 300;
/** What QEMU may take to end after it has closed the connection. */
const END_SECONDS = 2;
const LOOK_MS = 20;

/** The machine is halted: QMP's `cont` switches it on. @throws Failure of kind `tool` or `host` when QEMU does not start */
export async function startQemu(ports: Ports, options: QemuProcessOptions): Promise<QemuProcess> {
  const { argv, folder } = options;
  await using stack = new UndoStack();
  const serial = stack.use(await openSerial(folder.path, ports));
  const tool = stack.use(
    await ports.start(argv, {
      doing: 'start the client’s machine',
      cwd: folder.path,
      quiet: true,
      onLine: options.onToolLine,
    }),
  );
  try {
    const control = await connectTo(join(folder.shortPath, QMP_SOCKET), tool, ports.signal);
    stack.defer(() => Promise.resolve(void control.destroy()));
    // What it said last is read after it has ended.
    const hungUp = new Promise<void>((resolve) => control.once('close', () => resolve()));
    const qmp = await openQmp(control, options.onEvent);
    serial.follow(options.onSerial);
    const processors = await virtualProcessors(qmp);
    const rest = stack.move();
    return {
      qmp,
      processors,
      type: serial.type,
      catchUp: serial.catchUp,
      ended: Promise.all([tool.ended, hungUp]).then(() => serial.catchUp()),
      [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
    };
  } catch (error) {
    throw await notStarted(error, tool, argv, ports.signal);
  }
}

/** Thread ids (QMP's query-cpus-fast). */
async function virtualProcessors(qmp: Qmp): Promise<number[]> {
  const answer = (await qmp.execute('query-cpus-fast')) as { readonly 'thread-id': number }[];
  return answer.map((each) => each['thread-id']);
}

async function connectTo(path: string, tool: RunningTool, signal: AbortSignal): Promise<Socket> {
  let ended = false;
  void tool.ended.then(() => {
    ended = true;
  });
  const deadline = Date.now() + CONNECT_SECONDS * 1000;
  for (;;) {
    const socket = createConnection({ path });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      socket.destroy();
      if (ended || signal.aborted || Date.now() >= deadline) throw error;
      await delay(LOOK_MS);
    }
  }
}

/** It listens before it looks at the rest of its arguments: what is wrong with them it says when it closes the connection. */
async function notStarted(
  cause: unknown,
  tool: RunningTool,
  argv: Argv,
  signal: AbortSignal,
): Promise<Failure> {
  const end = await Promise.race([tool.ended, delay(END_SECONDS * 1000, undefined, { ref: false })]);
  if (signal.aborted)
    return new Failure('interrupted', { what: 'Interrupted: could not start the client’s machine.' });
  const found =
    end === undefined
      ? `it runs, but did not answer: ${Failure.from(cause).diagnostics[0].found ?? (cause as Error).message}`
      : end.signal === undefined
        ? `exit code ${end.exitCode ?? 'unknown'}`
        : `ended by ${end.signal}`;
  return new Failure(
    'tool',
    {
      what: 'QEMU did not start.',
      expected: 'QEMU 7.2 or later, and the files that it opens',
      found,
      hint: 'Its last lines say why. What it lacks comes with Debian’s packages qemu-system-x86, seabios, ovmf and ipxe-qemu, or qemu-system-arm.',
    },
    { cause, command: { argv, lastLines: tool.lastLines() } },
  );
}
