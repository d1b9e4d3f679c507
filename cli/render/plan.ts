/** The forecast of a build as lines for people. */
import { describeChange } from '../../pipeline/plan/keys/explain.js';
import type { StepForecast } from '../../pipeline/plan/keys/forecast.js';
import type { Style } from './style.js';
import { formatSeconds, plural, table } from './text.js';

/** Changes of one step that are shown before the rest is counted. */
const SHOWN = 6;

export interface PlanSurroundings {
  readonly style: Style;
  /** Show every change. */
  readonly all: boolean;
}

export function planLines(
  name: string,
  steps: readonly StepForecast[],
  { style, all }: PlanSurroundings,
): string[] {
  const rows = table(
    steps.map(({ title, state, key }) => [`  ${WORDS[state]}`, key.slice(0, 12), title.split('\n')[0] ?? '']),
  );
  const lines = steps.flatMap((step, index) => [
    step.state === 'run' ? (rows[index] ?? '') : style.dim(rows[index] ?? ''),
    ...reasonLines(step, all).map((line) => `          ${style.dim(line)}`),
  ]);
  return [style.bold(name), ...lines, summary(steps)];
}

const WORDS: Readonly<Record<StepForecast['state'], string>> = {
  cached: 'cached',
  run: 'run',
};

function reasonLines(step: StepForecast, all: boolean): string[] {
  if (step.state !== 'run') return [];
  const [only] = step.changes;
  const kept = step.kept.map((part) => `keeps ${part}`);
  if (only === undefined)
    return [step.known ? 'its result is gone from the store' : 'never built before', ...kept];
  if (step.changes.length === 1 && only.input === 'below') return ['stands on a step that runs', ...kept];
  const shown = all ? step.changes : step.changes.slice(0, SHOWN);
  const left = step.changes.length - shown.length;
  return [
    ...shown.map(describeChange),
    ...(left === 0 ? [] : [`and ${plural(left, 'more change')} (--all shows them)`]),
    ...kept,
  ];
}

function summary(steps: readonly StepForecast[]): string {
  const run = steps.filter(({ state }) => state === 'run');
  if (run.length === 0) return `  Every step is cached.`;
  const seconds = run.reduce((sum, step) => sum + (step.seconds ?? 0), 0);
  const estimate = run.every((step) => step.seconds !== undefined)
    ? `, about ${formatSeconds(seconds)} by the last time`
    : '';
  return `  ${plural(run.length, 'step')} of ${steps.length} to run${estimate}.`;
}
