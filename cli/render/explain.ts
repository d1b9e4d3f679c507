/** The boot chain of a client as lines for people. */

import type { ExplainedChain } from '../../app/site/explain.js';
import type { Link, Stop } from '../../hosts/explain.js';
import type { Style } from './style.js';
import { table } from './text.js';

export function explainLines(
  { client, host, image, from, notes, links }: ExplainedChain,
  style: Style,
): string[] {
  return [
    `${style.bold(`${client}, image ${image}`)}  boots from ${host}, ${from}`,
    ...notes.map((note) => `${style.yellow('note:')} ${note}`),
    ...links.flatMap((link, index) => ['', ...linkLines(link, index + 1, style)]),
  ];
}

function linkLines(link: Link, number: number, style: Style): string[] {
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`  ${style.dim(title)}`, ...lines.map((line) => `    ${line}`)];
  return [
    style.bold(`${number}. ${link.title}`),
    ...link.says.map((line) => `  ${line}`),
    ...section('packets', link.packets),
    ...section('files', link.files),
    ...section(
      'settings',
      table(link.settings.map(({ name, value }) => [name, value ?? style.dim('(a secret, not shown)')])),
    ),
    ...link.stops.flatMap((stop) => stopLines(stop, style)),
  ];
}

function stopLines({ shows, causes, look }: Stop, style: Style): string[] {
  return [
    `  ${style.yellow('stops here with:')} ${shows}`,
    ...causes.map((cause) => `    because: ${cause}`),
    ...look.map((command) => `    look at: ${style.cyan(command)}`),
  ];
}
