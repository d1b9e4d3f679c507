/** QEMU's machine protocol (docs/interop/qmp-spec.rst): commands, and the events that say why a machine stopped. */
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { Failure } from '../base/failure.js';

export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Qmp {
  /** Whether QEMU has closed the connection: it ends, or has. */
  readonly gone: boolean;
  /** @throws Failure of kind `tool` when QEMU refuses, or is gone */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

interface Message {
  readonly QMP?: unknown;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Speaks on a connected stream; it is ready when the promise is kept. */
export async function openQmp(stream: Duplex, onEvent: (event: QmpEvent) => void): Promise<Qmp> {
  // QEMU answers in the order of the commands.
  const waiting: { command: string; resolve: (value: unknown) => void; reject: (error: Error) => void }[] =
    [];
  let greeted: () => void = () => undefined;
  const greeting = new Promise<void>((resolve) => {
    greeted = resolve;
  });
  let gone = false;
  const refuse = (command: string, found: string) =>
    new Failure('tool', { what: `QEMU did not do what it was told: ${command}.`, found });
  const hear = (message: Message) => {
    if (message.QMP !== undefined) greeted();
    else if (message.event !== undefined) onEvent({ name: message.event, data: message.data ?? {} });
    else if (message.error !== undefined) {
      const next = waiting.shift();
      next?.reject(refuse(next.command, message.error.desc));
    } else waiting.shift()?.resolve(message.return);
  };
  // It hands the errors of the stream on; what they come to is told when the stream closes.
  createInterface({ input: stream })
    .on('line', (line) => hear(JSON.parse(line) as Message))
    .on('error', () => undefined);
  const execute = (command: string, args?: Readonly<Record<string, unknown>>) =>
    new Promise<unknown>((resolve, reject) => {
      if (gone) {
        reject(refuse(command, 'it is gone'));
        return;
      }
      waiting.push({ command, resolve, reject });
      const request = args === undefined ? { execute: command } : { execute: command, arguments: args };
      stream.write(`${JSON.stringify(request)}\n`);
    });
  stream.on('error', () => undefined);
  stream.on('close', () => {
    gone = true;
    greeted();
    for (const each of waiting.splice(0)) each.reject(refuse(each.command, 'it ended'));
  });
  await greeting;
  await execute('qmp_capabilities');
  return {
    get gone() {
      return gone;
    },
    execute,
  };
}
