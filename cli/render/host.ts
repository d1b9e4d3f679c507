/** What was done to a target host, in lines. */
import type { Event } from '../../base/event.js';
import type { Style } from './style.js';
import { formatBytes, formatSeconds } from './text.js';

export type HostEvent = Event & { type: 'published' | 'changed' };

export function hostLines(event: HostEvent, style: Style): string[] {
  if (event.type === 'published') {
    const { recipe, digest, host, already, sent, received, seconds } = event;
    const name = `${recipe}@${digest.slice(0, 12)}`;
    if (already) return [`${style.green('published')} before: ${name} is on ${host}, whole`];
    const wire = `${formatBytes(sent)} sent, ${formatBytes(received)} received`;
    return [`${style.green('published')} ${name} to ${host} in ${formatSeconds(seconds)} (${wire})`];
  }
  const { host, lines, notes, dryRun, seconds } = event;
  const told = notes.map((note) => `  ${style.dim(note)}`);
  if (lines.length === 0) return [`${host}: nothing to change`, ...told];
  const head = dryRun
    ? `${style.yellow('would change')} ${host}:`
    : `${style.green('changed')} ${host} in ${formatSeconds(seconds)}:`;
  return [head, ...lines.map((line) => `  ${line}`), ...told];
}
