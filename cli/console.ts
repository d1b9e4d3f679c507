/** Somebody at the console of another machine, by this terminal: what is typed goes there as it is, but for the key to leave by. */
import type { Socket } from 'node:net';
import type { Terminal } from './terminal.js';

/** Ctrl-], as telnet(1) has it. */
const LEAVE = 0x1d;
/** The machine may have left colours, a hidden cursor and marks around what is pasted (ECMA-48 SGR; DECTCEM, DECAWM, xterm's 2004). */
const AS_BEFORE = '\x1b[0m\x1b[?25h\x1b[?7h\x1b[?2004l';

/** Until the console closes; leaving closes it. Without a terminal both directions are plain streams. */
export function sitAt(console: Socket, terminal: Pick<Terminal, 'stdin' | 'stdout'>): void {
  const { stdin, stdout } = terminal;
  const tty = isTerminal(terminal);
  const take = (bytes: Buffer) => {
    const end = tty ? bytes.indexOf(LEAVE) : -1;
    if (end !== 0) console.write(end < 0 ? bytes : bytes.subarray(0, end));
    if (end >= 0) console.end();
  };
  console
    .on('error', () => undefined)
    .on('data', (bytes: Buffer) => void stdout.write(bytes))
    .once('close', () => {
      stdin?.off('data', take);
      stdin?.pause();
      if (!tty) return;
      stdin?.setRawMode?.(false);
      stdout.write(AS_BEFORE);
    });
  if (tty) stdin?.setRawMode?.(true);
  stdin?.on('data', take);
  stdin?.resume();
}

/** Whether there is somebody who can type. */
export function isTerminal({ stdin, stdout }: Pick<Terminal, 'stdin' | 'stdout'>): boolean {
  return stdin?.isTTY === true && stdout.isTTY === true;
}
