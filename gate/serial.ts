/**
 * QEMU's serial port as two files: what the client prints is appended to one, and what is typed goes through a FIFO.
 * A socket or terminal would be simpler, but QEMU drops characters whenever such a reader falls behind.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../base/ports.js';
import { SERIAL } from './qemu.js';
import type { Qmp } from './qmp.js';

export interface Serial extends AsyncDisposable {
  type(text: string): void;
  /** Has QEMU, whose machine is still off, use the files, and follows its output. */
  connect(qmp: Qmp, take: (chunk: Buffer) => void): Promise<void>;
  /** Takes what was printed up to now. */
  catchUp(): Promise<void>;
}

const INPUT = 'serial.in';
const OUTPUT = 'serial.out';
const LOOK_MS = 50;
const CHUNK = 64 * 1024;

/** @param folder QEMU's working directory */
export async function openSerial(folder: string, ports: Ports): Promise<Serial> {
  const fifo = join(folder, INPUT);
  await ports.run(['mkfifo', '--mode=600', fifo], { doing: 'make the serial port’s input', quiet: true });
  // Open for reading too, so that neither we nor QEMU wait for each other (fifo(7)).
  const input = await open(fifo, 'r+');
  let output: FileHandle | undefined;
  let timer: NodeJS.Timeout | undefined;
  let take: (chunk: Buffer) => void = () => undefined;
  const buffer = Buffer.alloc(CHUNK);
  let reading = Promise.resolve();
  const readOn = async () => {
    for (;;) {
      const { bytesRead = 0 } = (await output?.read(buffer, 0, CHUNK)) ?? {};
      if (bytesRead === 0) return;
      take(buffer.subarray(0, bytesRead));
    }
  };
  const catchUp = () => {
    reading = reading.then(readOn);
    return reading;
  };
  let typing = Promise.resolve();
  return {
    type: (text) => {
      typing = typing.then(() => input.appendFile(text));
    },
    connect: async (qmp, next) => {
      take = next;
      // The command line of QEMU 7.2 has no word for a file with an input.
      const backend = { type: 'file', data: { out: OUTPUT, in: INPUT } };
      await qmp.execute('chardev-change', { id: SERIAL, backend });
      output = await open(join(folder, OUTPUT), 'r');
      timer = setInterval(() => void catchUp(), LOOK_MS);
    },
    catchUp,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await reading;
      await output?.close();
      await input.close();
    },
  };
}
