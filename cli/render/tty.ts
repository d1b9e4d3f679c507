/** The live tree: what ended stays above, what runs is painted again and again below, what waits stands last. */
import type { Event } from '../../base/event.js';
import type { Terminal } from '../terminal.js';
import { renderFailure } from './failure.js';
import { renderEnded, renderFrame, SPINNER_MS } from './frame.js';
import { hostLines } from './host.js';
import type { Renderer } from './renderer.js';
import { Screen } from './screen.js';
import { styleFor } from './style.js';
import { checkedLine, cleanLine, formatSeconds, plural, shortPath, wrapWords } from './text.js';
import { unreachable } from './unreachable.js';
import { applyEvent, TASK_NOUNS, type Work } from './work.js';

export interface TtyOptions {
  /** Let every line that a tool prints stay above the tree. */
  readonly verbose: boolean;
}

export function ttyRenderer(terminal: Terminal, { verbose }: TtyOptions): Renderer {
  const { stdout, stderr, clock, cwd, env } = terminal;
  const style = styleFor(stdout, env);
  // xterm and GNU screen cut lines at a narrower window instead of wrapping them anew.
  const screen = new Screen(stdout, { reflows: env.XTERM_VERSION === undefined && env.STY === undefined });
  let work: Work | undefined;
  let stopPainting: (() => void) | undefined;

  const paint = () => {
    if (work === undefined) return;
    screen.paint(renderFrame(work, clock.now(), { width: screen.width, height: screen.height }, style));
  };
  const rest = () => {
    stopPainting?.();
    stopPainting = undefined;
    work = undefined;
    screen.close();
  };
  const ended = (id: string) => {
    const task = work?.tasks.find((known) => known.id === id);
    if (task !== undefined && work !== undefined)
      screen.print(renderEnded(task, work.kind, screen.width, style));
    paint();
  };
  const prefix = (task: string | undefined) => (task === undefined ? '' : `${task}: `);

  const emit = (event: Event): void => {
    work = applyEvent(work, event, clock.now());
    switch (event.type) {
      case 'started':
        screen.print([
          `${style.bold(`${event.work} ${event.subject}`)}  ${style.dim(plural(event.tasks.length, TASK_NOUNS[event.work]))}`,
        ]);
        stopPainting ??= clock.every(SPINNER_MS, paint);
        return paint();
      case 'task-started':
      case 'milestone':
        return paint();
      case 'output':
        if (verbose)
          screen.print([style.dim(`${prefix(event.task)}${event.tool}| ${cleanLine(event.line)}`)]);
        return;
      case 'progress':
        // Painted with the next picture of the spinner: progress comes in floods.
        return;
      case 'warning':
        return screen.print([
          ...wrapWords(
            `${style.yellow('!')} ${prefix(event.task)}${style.yellow('warning:')} ${event.message}`,
            screen.width,
            '  ',
          ),
          ...(event.hint === undefined
            ? []
            : wrapWords(`${style.dim('to do:')} ${event.hint}`, screen.width - 2).map((line) => `  ${line}`)),
        ]);
      case 'task-cached':
      case 'task-finished':
      case 'task-failed':
        return ended(event.task);
      case 'checked':
        return screen.print([checkedLine(event, cwd)]);
      case 'released':
        // Others may still be built beside it.
        if (work?.tasks.every(({ state }) => state === 'done' || state === 'failed') === true) rest();
        return screen.print([
          `${style.green('✔')} ${style.bold('released')} ${shortPath(event.path, cwd)} in ${formatSeconds(event.seconds)}  ${style.dim(`sha256 ${event.digest.slice(0, 12)}`)}`,
        ]);
      case 'proven': {
        rest();
        const outcome = event.passed
          ? `${style.green('✔')} ${style.bold('proven')}`
          : `${style.red('✘')} ${style.bold(event.decided === false ? 'not decided' : 'not proven')}`;
        return screen.print([
          `${outcome} ${shortPath(event.path, cwd)} in ${formatSeconds(event.seconds)}  ${style.dim(`sha256 ${event.digest.slice(0, 12)}`)}`,
        ]);
      }
      case 'published':
      case 'exported':
      case 'changed':
        rest();
        return screen.print(hostLines(event, style));
      case 'failed': {
        // The tasks that were at work end with it; what stays on the screen is the failure.
        rest();
        const lines = renderFailure(event.failure, { style: styleFor(stderr, env), cwd });
        stderr.write(`${lines.join('\n')}\n`);
        return;
      }
      default:
        return unreachable(event);
    }
  };
  return { emit, print: (lines) => screen.print(lines), close: rest };
}
