/** Calls of the command line where the site file of {@link HostHome} is, and what they leave behind. */
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import type { Event } from '../../base/event.js';
import type { FailureRecord } from '../../base/failure.js';
import { createCommandLine } from '../../cli/command-line.js';
import type { HostHome } from './a-host.js';
import { pipes } from './fake-terminal.js';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param of the host, which need not be there before the first call */
export function hostCalls(of: () => HostHome) {
  async function lunsmith(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    const terminal = {
      ...pipes({ HOME: of().home, TGT_IPC_SOCKET: of().socket, ...env }),
      cwd: of().home,
    };
    const code = await createCommandLine(terminal, new AbortController().signal).run(args);
    return { code, out: terminal.out(), err: terminal.err() };
  }

  const ok = async (...args: string[]) => {
    const outcome = await lunsmith(args);
    expect(outcome.err).toBe('');
    expect(outcome.code).toBe(0);
    return outcome.out;
  };

  /** The events of a call that ends with that exit code. */
  async function events(code: number, ...args: string[]): Promise<Event[]> {
    const outcome = await lunsmith([...args, '--json']);
    expect({ code: outcome.code, err: outcome.err }).toEqual({ code, err: '' });
    return outcome.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
  }

  /** The kind and the first diagnostic of a failure, which is the last event. */
  async function failure(code: number, ...args: string[]) {
    const last = (await events(code, ...args)).at(-1) as { readonly failure: FailureRecord };
    const { kind, diagnostics } = last.failure;
    return { kind, ...diagnostics[0] };
  }

  /** The lines of a change, without what it took. */
  async function changes(...args: string[]) {
    const event = (await events(0, ...args)).find(({ type }) => type === 'changed');
    return event?.type === 'changed' ? event.lines : undefined;
  }

  /** What a call that is refused must leave alone: everything but who had the lock. */
  const unlocked = async () => (await everything()).filter((line) => !/^(lock|publishing) /.test(line));

  /** Everything that a command could change: all of the host's folder, and the site. */
  async function everything(): Promise<string[]> {
    const lab = join(of().home, 'lab');
    const entries = await readdir(lab, { recursive: true, withFileTypes: true }).catch(() => []);
    const lines = await Promise.all(
      entries.map(async (entry) => {
        const at = join(entry.parentPath, entry.name);
        const content = entry.isFile()
          ? createHash('sha256')
              .update(await readFile(at))
              .digest('hex')
          : entry.isSymbolicLink()
            ? await readlink(at)
            : 'folder';
        return `${relative(lab, at)} ${content}`;
      }),
    );
    return [...lines.sort(), await siteText(), ...(await readdir(of().home)).sort()];
  }

  const siteText = () => readFile(join(of().home, 'lunsmith.yaml'), 'utf8');

  return { lunsmith, ok, events, failure, changes, unlocked, everything, siteText };
}
