/** A running client: QEMU with its console and its control connection. */
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/failure.js';
import type { Argv, Ports, RunningTool } from '../base/ports.js';
import { UndoStack } from '../base/undo-stack.js';
import { createCleaner } from './ansi.js';
import { Broken } from './broken.js';
import { createConsole, type SerialConsole } from './console.js';
import { QMP_SOCKET } from './qemu.js';
import { openQmp, type Qmp, type QmpEvent } from './qmp.js';
import type { Runtime } from './runtime.js';
import { openSerial } from './serial.js';
import { createVitals, type Vitals } from './vitals.js';
import { type Bound, createWaiting } from './waiting.js';
import { createWatch, type Look, type Watch } from './watch.js';

export interface Machine extends AsyncDisposable {
  readonly console: SerialConsole;
  powerOn(): Promise<void>;
  /** Goes on after a reset that {@link Machine.stopped} told of; most do by themselves. */
  comeBack(): Promise<void>;
  /** What the host gave it and its servers up to now. */
  vitals(): Promise<Vitals>;
  /** Writes a PNG of the screen. */
  screenshot(file: string): Promise<void>;
  /** Takes a device out that is named by `id`, and plugs it in again. @param device QEMU's properties of it */
  replug(device: Device): Promise<void>;
  /** Resets that came before are no news, e.g. those of the firmware. */
  forgetStops(): void;
  /**
   * Awaits the next reset or power-off and tells which it was, with QEMU's reason: `guest-reset`, `guest-shutdown`.
   * @throws Broken or Undecided when the patience ends, Broken when QEMU ends by itself; the signal's reason when it aborts
   */
  stopped(bound: Bound): Promise<{ readonly event: 'RESET' | 'SHUTDOWN'; readonly reason: string }>;
}

/** What QMP's device_add takes. */
export interface Device {
  readonly driver: string;
  readonly id: string;
  readonly [property: string]: string;
}

export interface MachineOptions {
  readonly argv: Argv;
  readonly runtime: Pick<Runtime, 'path' | 'shortPath'>;
  /** The file that all packets go to; it tells how much there is on the network. */
  readonly capture: string;
  readonly onConsoleLine: (line: string) => void;
  readonly onConsolePartial: (text: string) => void;
  readonly onToolLine: (line: string) => void;
}

/** It opens its socket before anything else; a host that is busy may let it wait. */
const CONNECT_SECONDS = 300;
/** What QEMU may take to end after it has closed the connection. */
const END_SECONDS = 2;
const LOOK_MS = 20;

/** Starts QEMU; the machine is off. @throws Failure of kind `tool` or `host` when QEMU does not start */
export async function startMachine(ports: Ports, options: MachineOptions): Promise<Machine> {
  const { argv, runtime } = options;
  await using stack = new UndoStack();
  const serial = stack.use(await openSerial(runtime.path, ports));
  const tool = stack.use(
    await ports.start(argv, {
      doing: 'start the client’s machine',
      cwd: runtime.path,
      quiet: true,
      onLine: options.onToolLine,
    }),
  );
  const vcpus: number[] = [];
  const vitals = createVitals(vcpus);
  const watch = createWatch(lookAt(vitals, options.capture));
  const stops = createStops(watch);
  const terminal = createConsole({
    watch,
    write: serial.type,
    onLine: options.onConsoleLine,
    onPartial: options.onConsolePartial,
  });
  const cleaner = createCleaner();
  let qmp: Qmp;
  try {
    const control = await connectTo(join(runtime.shortPath, QMP_SOCKET), tool, ports.signal);
    stack.defer(() => Promise.resolve(void control.destroy()));
    qmp = await openQmp(control, stops.hear);
    serial.follow((chunk) => terminal.feed(cleaner.clean(chunk)));
    vcpus.push(...(await virtualProcessors(qmp)));
  } catch (error) {
    throw await notStarted(error, tool, argv, ports.signal);
  }
  void tool.ended.then(async () => {
    await serial.catchUp();
    terminal.close();
    stops.end();
  });
  const rest = stack.move();
  return {
    console: terminal,
    vitals,
    powerOn: async () => {
      await qmp.execute('cont');
    },
    comeBack: () => Promise.resolve(),
    screenshot: (file) => screenshot(qmp, file),
    replug: async (device) => {
      await qmp.execute('device_del', { id: device.id });
      await qmp.execute('device_add', device);
    },
    forgetStops: stops.forget,
    stopped: async (bound) => {
      const stop = await stops.next(bound);
      // What was printed before belongs to the boot that has ended.
      await serial.catchUp();
      return stop;
    },
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

/** Thread ids (QMP's query-cpus-fast). */
async function virtualProcessors(qmp: Qmp): Promise<number[]> {
  const answer = (await qmp.execute('query-cpus-fast')) as { readonly 'thread-id': number }[];
  return answer.map((each) => each['thread-id']);
}

function lookAt(vitals: () => Promise<Vitals>, capture: string): Look {
  return async () => {
    const traffic = await stat(capture).then(
      ({ size }) => size,
      () => 0,
    );
    return { ...(await vitals()), traffic };
  };
}

async function screenshot(qmp: Qmp, filename: string): Promise<void> {
  await qmp.execute('screendump', { filename, format: 'png' });
}

interface Stop {
  readonly event: 'RESET' | 'SHUTDOWN';
  readonly reason: string;
}

function createStops(watch: Watch) {
  const seen: Stop[] = [];
  const waiting = createWaiting(watch);
  let ended = false;
  return {
    hear: ({ name, data }: QmpEvent) => {
      if (name !== 'RESET' && name !== 'SHUTDOWN') return;
      seen.push({ event: name, reason: String(data['reason']) });
      waiting.wake();
    },
    end: () => {
      ended = true;
      waiting.wake();
    },
    forget: () => {
      seen.length = 0;
    },
    next: (bound: Bound) =>
      waiting.until(() => {
        const stop = seen.shift();
        if (stop === undefined && ended) throw new Broken(`The machine was gone before ${bound.what}.`);
        return stop;
      }, bound),
  };
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
