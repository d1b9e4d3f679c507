import { readdir, readFile } from 'node:fs/promises';

/** Command lines of all processes, arguments joined by spaces. */
export async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.map((line) => line.split('\0').join(' ').trim());
}

/** Waits, bounded, until no process has this in its command line. @throws after the bound, with what is left */
export async function untilGone(text: string, seconds = 5): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const left = (await commandLines()).filter((line) => line.includes(text));
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`still running after ${seconds} s: ${left.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Pids of a process's descendants, at this moment. */
export async function descendants(pid: number): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''))
    .split(' ')
    .filter((each) => each !== '')
    .map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

/** Name of a process's program, at most 15 bytes: proc(5), comm. Empty when it is gone. */
export async function programOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
}

/** Waits, bounded, until none of these processes runs. @throws after the bound, with what is left */
export async function untilEnded(pids: readonly number[], seconds = 5): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const alive = await Promise.all(pids.map(isRunning));
    const left = pids.filter((_, index) => alive[index]);
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`still running after ${seconds} s: ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A zombie holds nothing any more; its new parent may take its time to reap it. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return /^State:\s+[^ZX]/m.test(status);
}
