/** How long each boot of the proofs took, beside that of the release before. */
import { scaleLinear } from 'd3-scale';
import type { BootTimeline, CellTimeline } from '../../../app/report/timeline.js';
import { MILESTONES } from '../../../base/event.js';
import { formatSeconds } from '../text.js';
import { type Html, html, type Piece, percent } from './html.js';
import { details, legend, section, table } from './parts.js';

const TICKS = 6;

export function timelineSection(timelines: readonly CellTimeline[]): Html {
  if (timelines.length === 0)
    return section(
      'boots',
      'Boots',
      html`<p>No boot was measured yet: <code>npx lunsmith prove RELEASE</code></p>`,
    );
  const all = timelines.flatMap(({ boots, before }) => [...boots, ...(before?.boots ?? [])]);
  const scale = scaleLinear([0, Math.max(...all.map(({ seconds }) => seconds))], [0, 1]).nice(TICKS);
  const whole = scale.domain()[1] ?? 1;
  const reached = MILESTONES.filter((milestone) =>
    all.some(({ phases }) => phases.some(({ reaches }) => reaches === milestone)),
  );
  return section(
    'boots',
    'Boots',
    html`<p>Seconds from power-on to each milestone.${
      timelines.some(({ before }) => before !== undefined)
        ? ' The thin bar is the same boot of the release before.'
        : ''
    } An emulated machine (tcg) is many times slower than a real one; compare those of the same kind.</p>`,
    legend(reached.map((milestone) => ({ className: colour(milestone), words: `to ${milestone}` }))),
    html`<div class="rows">${timelines.map((timeline) => cellRows(timeline, whole))}<div class="scale" aria-hidden="true">${scale
      .ticks(TICKS)
      .map((tick) => html`<span style="left:${percent(tick, whole)}">${tick} s</span>`)}</div></div>`,
    details('Boots as a table', milestoneTable(timelines)),
  );
}

function cellRows({ cell, accelerator, boots, before }: CellTimeline, whole: number): Piece {
  return boots.map((boot) => {
    const old = before?.boots.find((each) => each.boot === boot.boot);
    return html`<span class="name strong">${cell}, boot ${boot.boot}</span>${bar(boot, whole, `${cell}, boot ${boot.boot}`)}<span class="number">${formatSeconds(boot.seconds)} ${accelerator}</span>${
      old !== undefined &&
      html`<span class="name">release before</span>${bar(old, whole, `${cell}, boot ${boot.boot}, release before`, 'before')}<span class="number soft">${formatSeconds(old.seconds)} ${before?.accelerator}</span>`
    }\n`;
  });
}

function bar({ phases, seconds }: BootTimeline, whole: number, name: string, className = 'now'): Html {
  return html`<div class="bar ${className}" role="img" aria-label="${name}: ${formatSeconds(seconds)} to ${phases.at(-1)?.reaches}; the table has each part">${phases.map(
    ({ reaches, from, to }) =>
      html`<div class="${colour(reaches)}" style="left:${percent(from, whole)};width:${percent(to - from, whole)}" title="to ${reaches}: ${formatSeconds(to - from)}"><span>${reaches}</span></div>`,
  )}</div>`;
}

function colour(milestone: string): string {
  return `m${Math.max(0, (MILESTONES as readonly string[]).indexOf(milestone))}`;
}

function milestoneTable(timelines: readonly CellTimeline[]): Html {
  const number = true as const;
  return table(
    'Seconds from power-on to each milestone',
    [
      'cell',
      { title: 'boot', number },
      'milestone',
      { title: 'after', number },
      { title: 'took', number },
      { title: 'release before', number },
    ],
    timelines.flatMap(({ cell, boots, before }) =>
      boots.flatMap(({ boot, phases }) =>
        phases.map(({ reaches, from, to }) => {
          const old = before?.boots
            .find((each) => each.boot === boot)
            ?.phases.find((phase) => phase.reaches === reaches);
          return [
            ...[cell, boot, reaches, formatSeconds(to), formatSeconds(to - from)],
            old === undefined ? '' : formatSeconds(old.to - old.from),
          ];
        }),
      ),
    ),
  );
}
