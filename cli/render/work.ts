/** What the events so far amount to: the tasks of the work at hand and how far each is. */
import type { Event, Milestone } from '../../base/event.js';
import { cleanLine } from './text.js';

export interface TaskProgress {
  readonly what: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: 'bytes' | 'files' | 'packages' | 'LUNs';
  /** In units a second since this progress began; absent while nothing can be said. */
  readonly rate?: number;
}

export interface Boot {
  /** 1 for the first start of the machine. */
  readonly number: number;
  readonly reached: readonly Milestone[];
}

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** Milliseconds of the clock. */
  readonly startedAt: number;
  readonly seconds: number;
  /** Seconds that it took the last time. */
  readonly usually?: number;
  readonly note?: string;
  /** Taken from the store. */
  readonly cached?: true;
  /** The last line that a tool printed for it. */
  readonly line?: string;
  readonly progress?: TaskProgress & { readonly startedAt: number; readonly startedWith: number };
  readonly boots: readonly Boot[];
}

/** What the tasks of each kind of work are called. */
export const TASK_NOUNS = {
  build: 'step',
  prove: 'cell',
  verify: 'task',
  export: 'task',
  import: 'task',
  publish: 'task',
  change: 'task',
  power: 'machine',
} as const;

export interface Work {
  readonly kind: keyof typeof TASK_NOUNS;
  readonly subject: string;
  readonly tasks: readonly Task[];
}

/** The work after the event; `now` is the clock in milliseconds. Events that say nothing of tasks change nothing. */
export function applyEvent(work: Work | undefined, event: Event, now: number): Work | undefined {
  if (event.type === 'started') {
    const tasks = event.tasks.map(
      ({ id, title }): Task => ({ id, title, state: 'waiting', startedAt: now, seconds: 0, boots: [] }),
    );
    return { kind: event.work, subject: event.subject, tasks };
  }
  if (work === undefined || !('task' in event) || event.task === undefined) return work;
  const { task: id } = event;
  return {
    ...work,
    tasks: work.tasks.map((task) => (task.id === id ? applyToTask(task, event, now) : task)),
  };
}

function applyToTask(task: Task, event: Event, now: number): Task {
  switch (event.type) {
    case 'task-started': {
      const { usually } = event;
      return { ...task, state: 'running', startedAt: now, ...(usually === undefined ? {} : { usually }) };
    }
    case 'task-finished': {
      const { note } = event;
      return { ...task, state: 'done', seconds: event.seconds, ...(note === undefined ? {} : { note }) };
    }
    case 'task-cached':
      return { ...task, state: 'done', cached: true };
    case 'task-failed': {
      const { note } = event;
      return { ...task, state: 'failed', seconds: event.seconds, ...(note === undefined ? {} : { note }) };
    }
    case 'output': {
      const line = cleanLine(event.line).trim();
      return line === '' ? task : { ...task, line };
    }
    case 'progress':
      return { ...task, progress: nextProgress(task.progress, event, now) };
    case 'milestone':
      return { ...task, boots: nextBoots(task.boots, event.boot, event.milestone) };
    default:
      return task;
  }
}

function nextProgress(
  before: Task['progress'],
  event: Event & { type: 'progress' },
  now: number,
): NonNullable<Task['progress']> {
  const { what, done, total, unit } = event;
  const same = before?.what === what && before.unit === unit && done >= before.done;
  const { startedAt, startedWith } = same ? before : { startedAt: now, startedWith: done };
  const seconds = (now - startedAt) / 1000;
  // A rate over less than half a second jumps about.
  const rate = seconds < 0.5 ? undefined : (done - startedWith) / seconds;
  return {
    what,
    done,
    unit,
    startedAt,
    startedWith,
    ...(total === undefined ? {} : { total }),
    ...(rate === undefined ? {} : { rate }),
  };
}

function nextBoots(boots: readonly Boot[], number: number, milestone: Milestone): readonly Boot[] {
  const boot = boots.find((known) => known.number === number) ?? { number, reached: [] };
  const others = boots.filter((known) => known !== boot);
  return [...others, { number, reached: [...boot.reached, milestone] }].sort((a, b) => a.number - b.number);
}
