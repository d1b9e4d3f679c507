/** A failure as people read it: what, where, expected, found, what to do; then step, command, its last lines, the log. */

import { renderDiagnostic } from '../../base/diagnostic.js';
import type { Diagnostic, FailedCommand, FailureRecord } from '../../base/failure.js';
import { plainStyle, type Style } from './style.js';
import { cleanLine, quoteArgv, shortPath } from './text.js';

export interface FailureSurroundings {
  readonly style: Style;
  /** Paths beneath it are shown relative to it. */
  readonly cwd: string;
}

/** How many of a command's last lines are shown; the log has the rest. */
const SHOWN_LINES = 15;

/** The whole failure as lines, without a newline at their ends. */
export function renderFailure(failure: FailureRecord, { style, cwd }: FailureSurroundings): string[] {
  const { diagnostics, step, command, log } = failure;
  return [
    ...diagnostics.flatMap((diagnostic, index) => [
      ...(index === 0 ? [] : ['']),
      ...paint(diagnosticLines(diagnostic, cwd), style),
    ]),
    ...(step === undefined ? [] : [field('Step', step, style)]),
    ...(command === undefined ? [] : commandLines(command, style)),
    ...(log === undefined ? [] : [field('Log', shortPath(log, cwd), style)]),
  ];
}

function diagnosticLines({ what, place, expected, found, hint }: Diagnostic, cwd: string): string[] {
  const shown = {
    what: oneLine(place === undefined ? `error: ${what}` : what),
    ...(place === undefined ? {} : { place: { ...place, file: shortPath(place.file, cwd) } }),
    ...(expected === undefined ? {} : { expected: oneLine(expected) }),
    ...(found === undefined ? {} : { found: oneLine(found) }),
    ...(hint === undefined ? {} : { hint: oneLine(hint) }),
  };
  return renderDiagnostic(shown)
    .replaceAll(/\u2028 */g, '\n    ')
    .split('\n');
}

/** A diagnostic's parts are lines; what a tool or a defect said may be several: U+2028 stands between them meanwhile. */
function oneLine(text: string): string {
  return text.split('\n').map(cleanLine).join('\u2028');
}

/** The sentence stands out, the marks are red, the names of fields step back. */
function paint(lines: readonly string[], style: Style): string[] {
  if (style === plainStyle) return [...lines];
  return lines.map((line, index) => {
    if (index === 0) return style.bold(style.red(line));
    if (/^ *\^+$/.test(line)) return style.red(line);
    return line.replace(/^ {2}(?:Expected|Found|Hint):/, (name) => style.dim(name));
  });
}

function commandLines(command: FailedCommand, style: Style): string[] {
  const shown = command.lastLines.slice(-SHOWN_LINES);
  return [
    field('Command', quoteArgv(command.argv), style),
    ...(shown.length === 0 ? [] : [style.dim('  Its last lines:')]),
    ...shown.map((line) => `    ${style.dim('|')} ${cleanLine(line)}`.trimEnd()),
  ];
}

function field(name: string, value: string, style: Style): string {
  return `  ${style.dim(`${name}:`)} ${value}`;
}
