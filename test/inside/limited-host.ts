/**
 * A target host whose disk has an end, or may only be read: a folder in memory, with a tgtd of its own and the command line beside it. Runs
 * in a sandbox, so that nothing of it stays.
 */

import { hash } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rm, statfs } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Event } from '../../base/event.js';
import type { Ports } from '../../base/ports.js';
import { createCommandLine } from '../../cli/command-line.js';
import { systemClock } from '../../cli/terminal.js';
import { startTgtd } from '../../hosts/target/tgt/daemon.js';

export type LimitedStep =
  /** A call of the command line; `json` unless it prints one document. */
  | { readonly call: readonly string[] }
  /** Fills the disk to its last byte, or gives that back. */
  | { readonly disk: 'fill' | 'free' }
  /** From here on the disk can only be read, or can be written again. */
  | { readonly mount: 'read-only' | 'writable' }
  /** Removes a file of the host's folder. */
  | { readonly remove: string };

export interface LimitedInside {
  /** Folder with lunsmith.yaml, whose host is the folder `disk/lab` here. */
  readonly home: string;
  readonly bytes: number;
  readonly port: number;
  readonly steps: readonly LimitedStep[];
}

export interface LimitedCall {
  readonly code: number;
  readonly events: readonly Event[];
  readonly err: string;
  /** What in the host's folder is there, or as it is, only before it or only after it; without who had a lock. */
  readonly changed: readonly string[];
  /** Bytes free when it began, and at its end. */
  readonly free: readonly [before: number, after: number];
}

const quiet = { doing: 'prepare the disk', quiet: true };

export async function inside(payload: LimitedInside, ports: Ports): Promise<(LimitedCall | undefined)[]> {
  const { home, bytes, port, steps } = payload;
  const disk = join(home, 'disk');
  await mkdir(disk, { recursive: true });
  await ports.run(['ip', 'link', 'set', 'lo', 'up'], quiet);
  await ports.run(['mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', disk], quiet);
  const socket = join(home, 'inside');
  await mkdir(socket, { recursive: true });
  await using _tgtd = await startTgtd(ports, { portal: { address: '127.0.0.1', port }, folder: socket });
  const done: (LimitedCall | undefined)[] = [];
  for (const step of steps) done.push(await take(step, { ports, home, disk, socket: join(socket, 'tgtd') }));
  return done;
}

interface World {
  readonly ports: Ports;
  readonly home: string;
  readonly disk: string;
  readonly socket: string;
}

async function take(step: LimitedStep, world: World): Promise<LimitedCall | undefined> {
  const { ports, disk } = world;
  const filler = join(disk, 'filler');
  if ('call' in step) return await call(step.call, world);
  if ('remove' in step) await rm(join(disk, 'lab', step.remove));
  else if ('disk' in step) await (step.disk === 'fill' ? fill(filler, disk) : rm(filler));
  else if (step.mount === 'writable') await ports.run(['umount', disk], quiet);
  else {
    await ports.run(['mount', '--bind', disk, disk], quiet);
    await ports.run(['mount', '-o', 'remount,bind,ro', disk], quiet);
  }
  return undefined;
}

async function fill(path: string, disk: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let size = 2 ** 20; size >= 4096; ) {
      if ((await free(disk)) >= size) await file.write(Buffer.alloc(size, 1));
      else size /= 2;
    }
  } finally {
    await file.close();
  }
  if ((await free(disk)) !== 0) throw new Error(`${await free(disk)} bytes are left`);
}

async function free(disk: string): Promise<number> {
  const { bavail, bsize } = await statfs(disk);
  return bavail * bsize;
}

async function call(args: readonly string[], { home, disk, socket }: World): Promise<LimitedCall> {
  let [out, err] = ['', ''];
  const terminal = {
    stdout: { write: (text: string) => void (out += text) },
    stderr: { write: (text: string) => void (err += text) },
    env: { HOME: home, TGT_IPC_SOCKET: socket },
    cwd: home,
    clock: systemClock,
  };
  const lab = join(disk, 'lab');
  const [before, had] = [await listing(lab), await free(disk)];
  const code = await createCommandLine(terminal, new AbortController().signal).run([...args, '--json']);
  const after = await listing(lab);
  const changed = [
    ...before.filter((line) => !after.includes(line)),
    ...after.filter((line) => !before.includes(line)),
  ];
  const events = eventsOf(out).filter(({ type }) => type === 'changed' || type === 'failed');
  return { code, events, err, changed, free: [had, await free(disk)] };
}

/** Lines of events, or one document. */
function eventsOf(text: string): Event[] {
  const lines = text.trim().split('\n');
  return lines.every((line) => line.startsWith('{"type"'))
    ? lines.map((line) => JSON.parse(line) as Event)
    : [];
}

async function listing(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const lines = await Promise.all(
    entries.map(async (entry) => {
      const at = join(entry.parentPath, entry.name);
      const content = entry.isFile()
        ? hash('sha256', await readFile(at))
        : entry.isSymbolicLink()
          ? await readlink(at)
          : 'folder';
      return `${relative(folder, at)} ${content}`;
    }),
  );
  return lines.filter((line) => !/^(?:lock|publishing) /.test(line)).sort();
}
