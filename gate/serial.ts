/**
 * QEMU's serial port as two files: what the client prints is appended to one, and what is typed goes through a FIFO.
 * A socket, a terminal or two FIFOs would be simpler, but QEMU drops characters whenever such a reader falls behind.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../base/ports.js';
import { SERIAL } from './qemu.js';

export interface Serial extends AsyncDisposable {
  type(text: string): void;
  /** Follows what is printed. */
  follow(take: (chunk: Buffer) => void): void;
  /** Takes what was printed up to now. */
  catchUp(): Promise<void>;
}

const LOOK_MS = 50;
const CHUNK = 64 * 1024;

/** @param folder QEMU's working directory; QEMU is started afterwards */
export async function openSerial(folder: string, ports: Ports): Promise<Serial> {
  // QEMU adds the endings.
  const fifo = join(folder, `${SERIAL}.in`);
  await ports.run(['mkfifo', '--mode=600', fifo], { doing: 'make the serial port’s input', quiet: true });
  // Open for reading too, so that neither we nor QEMU wait for each other (fifo(7)).
  const input = await open(fifo, 'r+');
  const output = await open(join(folder, `${SERIAL}.out`), 'a+', 0o600);
  let timer: NodeJS.Timeout | undefined;
  let take: (chunk: Buffer) => void = () => undefined;
  const buffer = Buffer.alloc(CHUNK);
  let reading = Promise.resolve();
  const readOn = async () => {
    for (;;) {
      const { bytesRead } = await output.read(buffer, 0, CHUNK);
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
    follow: (next) => {
      take = next;
      timer = setInterval(() => void catchUp(), LOOK_MS);
    },
    catchUp,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await reading;
      await output.close();
      await input.close();
    },
  };
}
