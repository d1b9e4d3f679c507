/** The picture of the work at one moment: pure functions from tasks to lines. */

import { BOOT_METHODS } from '../../artifacts/platform/platform.js';
import { MILESTONES, type Milestone } from '../../base/event.js';
import { chainOf } from '../../gate/milestones.js';
import type { Style } from './style.js';
import { displayWidth, fit, formatBytes, formatSeconds, plural } from './text.js';
import type { Boot, Task, Work } from './work.js';

export interface FrameSize {
  /** Cells that a line may take. */
  readonly width: number;
  /** Lines that the frame may take. */
  readonly height: number;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
/** Milliseconds that each picture of the spinner stands. */
export const SPINNER_MS = 100;
/** Cells of sign and time in front of a title. */
const MARGIN = 15;
const BAR_CELLS = 16;

/** The running tasks with what they do, then the waiting ones as far as there is room. */
export function renderFrame(work: Work, now: number, size: FrameSize, style: Style): string[] {
  const running = work.tasks.filter(({ state }) => state === 'running');
  const waiting = work.tasks.filter(({ state }) => state === 'waiting');
  const heads = running.flatMap((task) => renderRunning(task, work.kind, now, size.width, style));
  // More runs than fits: then one line each is worth more than all of the first.
  const lines =
    heads.length <= size.height ? heads : running.map((task) => headLine(task, now, size.width, style));
  const room = size.height - lines.length;
  if (room <= 0 || waiting.length === 0) return lines.slice(0, size.height);
  const shown = waiting.length <= room ? waiting : waiting.slice(0, room - 1);
  const left = waiting.length - shown.length;
  return [
    ...lines,
    ...shown.map((task) => style.dim(titled('·', '', task.title, size.width))),
    ...(left === 0
      ? []
      : [
          style.dim(
            titled(' ', '', `… ${plural(left, shown.length === 0 ? 'task' : 'more task')}`, size.width),
          ),
        ]),
  ];
}

/** The line that stays of a task that ended; with its chain of milestones if it booted. */
export function renderEnded(task: Task, kind: Work['kind'], width: number, style: Style): string[] {
  if (task.cached === true) return [style.dim(titled('=', 'cached', task.title, width))];
  const sign = task.state === 'done' ? style.green('✔') : style.red('✘');
  const title = task.note === undefined ? task.title : `${task.title}  (${task.note})`;
  const line = titled(sign, formatSeconds(task.seconds), title, width);
  return kind === 'prove' ? [line, ...chainLines(task, width, style)] : [line];
}

function renderRunning(task: Task, kind: Work['kind'], now: number, width: number, style: Style): string[] {
  const margin = ' '.repeat(MARGIN);
  return [
    headLine(task, now, width, style),
    ...(kind === 'prove' ? chainLines(task, width, style) : []),
    ...(task.line === undefined ? [] : [style.dim(fit(`${margin}│ ${task.line}`, width))]),
    ...(task.progress === undefined ? [] : [progressLine(task.progress, width, style)]),
  ];
}

function headLine(task: Task, now: number, width: number, style: Style): string {
  const sign = SPINNER[Math.floor(now / SPINNER_MS) % SPINNER.length] ?? SPINNER[0];
  const seconds = (now - task.startedAt) / 1000;
  const left = (task.usually ?? 0) - seconds;
  // Of a step that takes longer than the last time nothing is known.
  const rest = left < 1 ? '' : `, about ${formatSeconds(Math.round(left))} left`;
  const room = width - MARGIN - displayWidth(rest);
  const title = room < MARGIN ? task.title : `${fit(task.title, room)}${rest}`;
  return titled(style.cyan(sign), formatSeconds(seconds), title, width);
}

function titled(sign: string, time: string, title: string, width: number): string {
  return `${sign} ${time.padStart(MARGIN - 4)}  ${fit(title, width - MARGIN)}`.trimEnd();
}

function progressLine(progress: NonNullable<Task['progress']>, width: number, style: Style): string {
  const { what, done, total, unit, rate } = progress;
  const amount = (value: number) => (unit === 'bytes' ? formatBytes(value) : String(value));
  const ratio = total === undefined || total <= 0 ? undefined : Math.min(1, done / total);
  const speed = rate === undefined || unit !== 'bytes' ? '' : `  ${formatBytes(rate)}/s`;
  const left =
    rate === undefined || rate <= 0 || total === undefined || unit !== 'bytes'
      ? ''
      : `, ${formatSeconds((total - done) / rate)} left`;
  const counted = total === undefined ? amount(done) : `${amount(done)} of ${amount(total)}`;
  const text = `${counted}${unit === 'bytes' ? '' : ` ${unit}`}${speed}  ${what}`;
  const margin = ' '.repeat(MARGIN);
  if (ratio === undefined || width < MARGIN + BAR_CELLS + 16) return fit(margin + text, width);
  const filled = Math.round(ratio * BAR_CELLS);
  const bar = style.green('━'.repeat(filled)) + style.dim('━'.repeat(BAR_CELLS - filled));
  const percent = `${Math.floor(ratio * 100)} %`.padStart(6);
  const room = width - MARGIN - BAR_CELLS - 8;
  // The remaining time is said where there is room for all of it.
  const whole = displayWidth(text + left) <= room ? text + left : fit(text, room);
  return `${margin}${bar}${percent}  ${whole}`;
}

/** One line a boot: milestones in order, those reached lit. On a narrow terminal the end that counts is kept. */
function chainLines(task: Task, width: number, style: Style): string[] {
  const boots = task.boots.length === 0 ? [{ number: 1, reached: [] }] : task.boots;
  return boots.map((boot) => chainLine(boot, expectedMilestones(task.id), task.state, width, style));
}

function chainLine(
  boot: Boot,
  expected: readonly Milestone[],
  state: Task['state'],
  width: number,
  style: Style,
): string {
  const passed = MILESTONES.filter(
    (milestone) => expected.includes(milestone) || boot.reached.includes(milestone),
  );
  // With a boot loader of others all that is known of a boot is over.
  const chain = boot.reached.includes('loader') ? passed.slice(0, passed.indexOf('loader') + 1) : passed;
  const farthest = chain.findLastIndex((milestone) => boot.reached.includes(milestone));
  const margin = ' '.repeat(MARGIN);
  const label = boot.number === 1 ? '' : 'reboot › ';
  let [from, to] = [0, chain.length];
  const plain = () =>
    `${from > 0 ? '… › ' : ''}${chain.slice(from, to).join(' › ')}${to < chain.length ? ' › …' : ''}`;
  const room = width - MARGIN - label.length;
  // The milestone reached last must stay visible: first what lies ahead goes, then what lies behind.
  while (displayWidth(plain()) > room && to - 1 > Math.max(farthest, 0)) to -= 1;
  while (displayWidth(plain()) > room && from < Math.max(farthest, 0)) from += 1;
  const words = chain.slice(from, to).map((milestone, offset) => {
    if (boot.reached.includes(milestone)) return style.green(milestone);
    return state === 'failed' && from + offset === farthest + 1 ? style.red(milestone) : style.dim(milestone);
  });
  const arrow = style.dim(' › ');
  const text = `${from > 0 ? `…${arrow}` : ''}${words.join(arrow)}${to < chain.length ? `${arrow}…` : ''}`;
  return displayWidth(plain()) > room
    ? fit(margin + label + plain(), width)
    : margin + style.dim(label) + text;
}

/** What a cell of the boot matrix passes on its way; its id is its name, see `cellName` of the proofs. */
function expectedMilestones(cell: string): readonly Milestone[] {
  const path = BOOT_METHODS.find((method) => cell.includes(`-${method}`)) ?? 'san';
  const chain = chainOf({ path });
  // A wrong secret must get no further than the login that asks for it.
  const end = chain.indexOf(path === 'san' ? 'san-login' : 'initramfs-login');
  return cell.endsWith('-wrong-secret') ? chain.slice(0, end + 1) : chain;
}
