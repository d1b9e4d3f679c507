/** The disk to scale: what is where, and under it where there is data. */
import { scaleLinear } from 'd3-scale';
import type { DiskMap, DiskPart } from '../../../app/report/disk-map.js';
import { formatBinary } from '../text.js';
import { type Html, html, percent } from './html.js';
import { legend, table } from './parts.js';

const TICKS = 5;
/** A disk's sizes are powers of two: its scale is of whole ones of these. */
const GIB = 2 ** 30;
const MIB = 2 ** 20;

export function diskMap({ bytes, parts, fill }: DiskMap): Html {
  const words = parts.map(partWords).join('; ');
  return html`<div class="strip" role="img" aria-label="The disk to scale: ${words}.">${parts.map(
    (part) =>
      html`<div class="${part.partition === undefined ? 'gap' : 'part'}" style="left:${percent(part.start, bytes)};width:${percent(part.bytes, bytes)}" title="${partWords(part)}"><span>${part.partition?.name}<br>${part.partition === undefined ? '' : formatBinary(part.bytes)}</span></div>`,
  )}</div>
<svg class="fill" viewBox="0 0 ${fill.length} 1" preserveAspectRatio="none" role="img" aria-label="Where there is data on the disk; the table has it by partition.">${fill.map(
    (part, at) =>
      part > 0 &&
      html`<rect x="${at}" width="1.02" height="1" opacity="${(0.25 + 0.75 * part).toFixed(2)}"/>`,
  )}</svg>
${diskScale(bytes)}${legend([
  { className: 'base', words: 'partition' },
  { className: 'data', words: 'data, the darker the denser' },
  { className: 'empty', words: 'nothing but zeros, which take no room' },
])}`;
}

function diskScale(bytes: number): Html {
  const unit = bytes >= 2 * GIB ? GIB : MIB;
  const ticks = scaleLinear([0, bytes / unit], [0, 1]).ticks(TICKS);
  return html`<div class="scale" aria-hidden="true">${ticks.map(
    (tick) =>
      html`<span style="left:${percent(tick * unit, bytes)}">${tick === 0 ? '0' : formatBinary(tick * unit)}</span>`,
  )}</div>`;
}

function partWords({ partition, bytes, data, start }: DiskPart): string {
  const name = partition?.name ?? (start === 0 ? 'partition table' : 'in no partition');
  return `${name}, ${formatBinary(bytes)}, of it ${formatBinary(data)} data`;
}

export function partitionTable({ parts }: DiskMap): Html {
  const number = true as const;
  return table(
    'Partitions of the LUN image',
    [
      'no.',
      'name',
      { title: 'start', number },
      { title: 'size', number },
      { title: 'data', number },
      'holds',
      'mount',
      'UUID',
    ],
    parts.flatMap(({ partition, start, bytes, data }) =>
      partition === undefined
        ? []
        : [
            [
              partition.number,
              partition.name,
              formatBinary(start),
              formatBinary(bytes) + (partition.grow ? ' or more' : ''),
              formatBinary(data),
              partition.filesystem,
              partition.mount,
              partition.filesystemUuid === undefined ? '' : html`<code>${partition.filesystemUuid}</code>`,
            ],
          ],
    ),
  );
}
