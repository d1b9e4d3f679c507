/**
 * A client’s machine. QEMU is started anew at each of its resets: its firmware begins as after power-on, with the variables that it has
 * kept, and nothing is left of what QEMU itself made of the boot before, such as the code that it has translated.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/failure.js';
import type { Argv, Ports } from '../base/ports.js';
import { createCleaner } from './ansi.js';
import { Broken, Undecided } from './broken.js';
import { type Capture, createCapture } from './capture.js';
import { createConsole, type SerialConsole } from './console.js';
import { type QemuProcess, startQemu } from './qemu-process.js';
import type { Runtime } from './runtime.js';
import { createStops, type Stop } from './stops.js';
import { createVitals, type Vitals } from './vitals.js';
import type { Bound } from './waiting.js';
import { createWatch, type Look } from './watch.js';

export interface Machine extends AsyncDisposable {
  /** One for all boots. */
  readonly console: SerialConsole;
  /** @throws Failure of kind `tool` or `host` when QEMU does not start */
  powerOn(): Promise<void>;
  /** Goes on after a reset that {@link Machine.stopped} told of; after others it goes on by itself. @throws as powerOn */
  comeBack(): Promise<void>;
  /** What the host gave it and its servers up to now. */
  vitals(): Promise<Vitals>;
  /** Writes a PNG of the screen. */
  screenshot(file: string): Promise<void>;
  /** Takes a device out that is named by `id`, and plugs it in again. @param device QEMU's properties of it */
  replug(device: Device): Promise<void>;
  /** Settles when it has stopped and does not go on by itself, with what was wrong if something was. */
  readonly over: Promise<Error | undefined>;
  /** Stops that came before are no news. */
  forgetStops(): void;
  /**
   * Awaits the next reset or power-off and tells which it was, with QEMU's reason: `guest-reset`, `guest-shutdown`.
   * @throws Broken or Undecided when the patience ends, Undecided when QEMU is ended from outside; the signal's reason when it aborts
   */
  stopped(bound: Bound): Promise<Stop>;
}

/** What QMP's device_add takes. */
export interface Device {
  readonly driver: string;
  readonly id: string;
  readonly [property: string]: string;
}

/** One start of QEMU. */
export interface Start {
  /** For what belongs to this start; QEMU's working directory. */
  readonly folder: string;
  /** The file that its packets go to. */
  readonly capture: string;
}

export interface MachineOptions {
  /** QEMU’s command line of a start, at which it halts; a reset ends it. */
  readonly argv: (start: Start) => Argv | Promise<Argv>;
  readonly runtime: Pick<Runtime, 'path' | 'shortPath'>;
  /** The file that all packets go to; it tells how much there is on the network. */
  readonly capture: string;
  readonly onConsoleLine: (line: string) => void;
  readonly onConsolePartial: (text: string) => void;
  readonly onToolLine: (line: string) => void;
  /** What the serial port prints, as it is. */
  readonly onSerial?: (chunk: Buffer) => void;
  /** Default: {@link MOST_RESETS}. */
  readonly mostResets?: number;
}

/** Resets that nobody asked for, after which a client is known to come no further; a firmware or a first boot may have one or two. */
const MOST_RESETS = 5;

/** The machine, switched off. */
export function createMachine(ports: Ports, options: MachineOptions): Machine {
  const { mostResets = MOST_RESETS } = options;
  const processors: number[] = [];
  const vitals = createVitals(processors);
  const capture = createCapture(options.capture);
  const watch = createWatch(lookAt(vitals, capture));
  const stops = createStops(watch);
  const terminal = createConsole({
    watch,
    write: (text) => running?.type(text),
    onLine: options.onConsoleLine,
    onPartial: options.onConsolePartial,
  });
  let settle: (error: Error | undefined) => void = () => undefined;
  const over = new Promise<Error | undefined>((resolve) => {
    settle = resolve;
  });
  let running: QemuProcess | undefined;
  /** Of the start that runs. */
  let current: string | undefined;
  let [starts, unasked] = [0, 0];
  let goingOn = Promise.resolve();
  let disposed = false;

  const switchOff = async () => {
    const before = running;
    running = undefined;
    await before?.[Symbol.asyncDispose]();
    await capture.fold();
    // In memory, and for a board as large as its kernel and initramfs.
    if (current !== undefined) await rm(current, { recursive: true, force: true });
    current = undefined;
  };
  const switchOn = async () => {
    starts += 1;
    const name = `start-${starts}`;
    const folder = {
      path: join(options.runtime.path, name),
      shortPath: join(options.runtime.shortPath, name),
    };
    await mkdir(folder.path, { mode: 0o700 });
    current = folder.path;
    const argv = await options.argv({ folder: folder.path, capture: capture.next() });
    const cleaner = createCleaner();
    let last: { readonly stop: Stop; readonly awaited: boolean } | undefined;
    const qemu = await startQemu(ports, {
      argv,
      folder,
      onSerial: (chunk) => {
        options.onSerial?.(chunk);
        terminal.feed(cleaner.clean(chunk));
      },
      onEvent: (event) => {
        last = stops.hear(event) ?? last;
      },
      onToolLine: options.onToolLine,
    });
    running = qemu;
    processors.push(...qemu.processors);
    void qemu.ended.then(() => {
      if (disposed || running !== qemu) return;
      if (last === undefined) end(new Undecided('QEMU was ended from outside while its client ran.'));
      else if (last.stop.event !== 'RESET') end();
      else if (!last.awaited) goingOn = goOn().catch(end);
    });
    await qemu.qmp.execute('cont');
  };
  const end = (reason?: unknown) => {
    const error = reason === undefined || reason instanceof Error ? reason : Failure.from(reason);
    terminal.close(error);
    stops.end(error);
    settle(error);
  };
  const goOn = async () => {
    unasked += 1;
    options.onToolLine(`The client has reset itself (${unasked}); QEMU is started anew.`);
    if (unasked > mostResets)
      throw new Broken(
        `The client resets itself again and again: ${unasked} times, and nobody asked for it.`,
      );
    await switchOff();
    if (!disposed) await switchOn();
  };
  const on = () => {
    if (running !== undefined) return running;
    throw new Failure('internal', { what: 'The client’s machine is off.' });
  };
  return {
    console: terminal,
    over,
    vitals,
    powerOn: switchOn,
    comeBack: async () => {
      await goingOn;
      await running?.ended;
      await switchOff();
      unasked = 0;
      await switchOn();
    },
    screenshot: async (filename) => {
      await on().qmp.execute('screendump', { filename, format: 'png' });
    },
    replug: async (device) => {
      const { qmp } = on();
      try {
        await qmp.execute('device_del', { id: device.id });
        await qmp.execute('device_add', device);
      } catch (error) {
        // A machine that stopped meanwhile needs no device.
        if (!qmp.gone) throw error;
      }
    },
    forgetStops: stops.forget,
    stopped: async (bound) => {
      const stop = await stops.next(bound);
      // What was printed before belongs to the boot that has ended.
      await running?.catchUp();
      return stop;
    },
    [Symbol.asyncDispose]: async () => {
      disposed = true;
      await goingOn;
      await switchOff();
    },
  };
}

function lookAt(vitals: () => Promise<Vitals>, capture: Capture): Look {
  return async () => ({ ...(await vitals()), traffic: await capture.bytes() });
}
