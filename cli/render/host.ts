/** What was done to a target host, in lines. */
import type { Event } from '../../base/event.js';
import type { Style } from './style.js';
import { formatBinary, formatBytes, formatSeconds } from './text.js';

export type HostEvent = Event & { type: 'published' | 'exported' | 'changed' };

export function hostLines(event: HostEvent, style: Style): string[] {
  if (event.type === 'published') {
    const { recipe, digest, host, already, sent, received, seconds } = event;
    const name = `${recipe}@${digest.slice(0, 12)}`;
    if (already) return [`${style.green('published')} before: ${name} is on ${host}, whole`];
    const wire = `${formatBytes(sent)} sent, ${formatBytes(received)} received`;
    return [`${style.green('published')} ${name} to ${host} in ${formatSeconds(seconds)} (${wire})`];
  }
  if (event.type === 'exported') return exportedLines(event, style);
  const { host, lines, notes, dryRun, seconds } = event;
  const told = notes.map((note) => `  ${style.dim(note)}`);
  if (lines.length === 0) return [`${host}: nothing to change`, ...told];
  const head = dryRun
    ? `${style.yellow('would change')} ${host}:`
    : `${style.green('changed')} ${host} in ${formatSeconds(seconds)}:`;
  return [head, ...lines.map((line) => `  ${line}`), ...told];
}

function exportedLines(event: Event & { type: 'exported' }, style: Style): string[] {
  const { client, image, host, generation, path, bytes, data = 0, dryRun, seconds } = event;
  const what = `${image} of ${client} on ${host}, generation ${generation}, ${formatBinary(bytes)}`;
  if (dryRun) return [`${style.yellow('would export')} ${what}, to ${path}`];
  return [
    `${style.green('exported')} ${what}, of which ${formatBinary(data)} are in use, in ${formatSeconds(seconds)}: ${path}`,
    `  ${style.dim(`back again: npx lunsmith client restore ${client} ${image} --from ${path}`)}`,
  ];
}
