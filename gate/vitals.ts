/** What the kernel tells of the processes of a cell: proc_pid_stat(5), and `schedstat` (Documentation/scheduler/sched-stats.rst). */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

export interface Vitals {
  /** Seconds of CLOCK_MONOTONIC, which rests while the host sleeps. */
  readonly at: number;
  /** Seconds of processor time that the threads of the virtual processors have used. */
  readonly worked: number;
  /** Seconds in which the host kept one of the processes from running: see {@link owedOf}. */
  readonly owed: number;
}

/** What one thread told at one moment. */
export interface ThreadState {
  /** Of proc_pid_stat(5): `D` waits for a disk. */
  readonly state: string;
  /** Seconds that it has used. */
  readonly used: number;
  /** Seconds that it waited, runnable, for a processor. */
  readonly queued: number;
}

/** Of proc(5), on every architecture that Linux runs on: clock ticks of user space a second. */
const TICKS = 100;
const NANOSECONDS = 1e9;
/** Seconds between two looks beyond which we were kept from looking, and so was the client. */
const GAP = 5;

/**
 * Watches this process, which has the servers and the virtual machine as its descendants.
 * @param vcpus thread ids of the virtual processors; those of machines that began later may be added
 */
export function createVitals(vcpus: readonly number[]): () => Promise<Vitals> {
  let [at, owed, steal] = [performance.now() / 1000, 0, 0];
  const used = new Map<number, number>();
  let before: ReadonlyMap<number, ThreadState> = new Map();
  return async () => {
    const threads = await threadsOf(process.pid);
    const [now, stolen] = [performance.now() / 1000, await stealSeconds()];
    // What was used is never less than before, also when the machine is gone.
    for (const id of vcpus) used.set(id, Math.max(used.get(id) ?? 0, threads.get(id)?.used ?? 0));
    owed += Math.max(owedOf(before, threads, now - at), stolen - steal);
    [at, before, steal] = [now, threads, stolen];
    return { at, worked: sum([...used.values()]), owed };
  };
}

/**
 * Seconds between two looks in which the host kept threads from running: the longest that one waited for a processor, all
 * of the time if one waits for a disk, or what we ourselves came late to look. Threads that wait at the same time lose
 * that time once. A thread tells of its wait when it is over, so that it may be longer than the time between the looks.
 */
export function owedOf(
  before: ReadonlyMap<number, ThreadState>,
  now: ReadonlyMap<number, ThreadState>,
  seconds: number,
): number {
  const queued = [...now].map(([id, thread]) => thread.queued - (before.get(id)?.queued ?? thread.queued));
  const disk = [...now.values()].some(({ state }) => state === 'D') ? seconds : 0;
  return Math.max(...queued, disk, seconds - GAP, 0);
}

/** A line of `stat`: the name stands in parentheses and may hold anything. */
export function parseStat(text: string): { readonly state: string; readonly parent: number; used: number } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (field: number) => Number(fields[field - 3] ?? 0);
  return { state: fields[0] ?? '', parent: number(4), used: (number(14) + number(15)) / TICKS };
}

/** All threads of a process and its descendants, by their ids. */
async function threadsOf(root: number): Promise<Map<number, ThreadState>> {
  const pids = await numbersIn('/proc');
  const parents = await Promise.all(
    pids.map(async (pid) => [pid, parseStat(await text(`/proc/${pid}/stat`)).parent] as const),
  );
  const family = [root];
  for (const each of family)
    family.push(...parents.flatMap(([pid, parent]) => (parent === each ? [pid] : [])));
  const threads = await Promise.all(
    family.map(async (pid) => {
      const ids = await numbersIn(`/proc/${pid}/task`);
      return Promise.all(ids.map(async (id) => [id, await threadState(`/proc/${pid}/task/${id}`)] as const));
    }),
  );
  return new Map(threads.flat());
}

async function threadState(folder: string): Promise<ThreadState> {
  const [stat, schedule] = await Promise.all([text(`${folder}/stat`), text(`${folder}/schedstat`)]);
  const { state, used } = parseStat(stat);
  return { state, used, queued: Number(schedule.split(' ')[1] ?? 0) / NANOSECONDS };
}

/** What a hypervisor above this host took of each processor, on the average (proc_stat(5), `steal`). */
async function stealSeconds(): Promise<number> {
  const fields = (await text('/proc/stat')).split('\n', 1)[0]?.trim().split(/\s+/) ?? [];
  return Number(fields[8] ?? 0) / TICKS / availableParallelism();
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map(Number).filter((each) => each > 0);
}

/** Empty for a process that ended in between. */
function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
