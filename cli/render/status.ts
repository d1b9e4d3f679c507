/** A target host and its clients as tables for people. */
import type { DeletedRow } from '../../app/site/deleted.js';
import type { ReleaseRow } from '../../app/site/releases.js';
import type { HostStatus, ImageRow } from '../../app/site/status.js';
import type { Style } from './style.js';
import { formatAge, formatBinary, plural, table } from './text.js';

const DIGITS = 12;

export function statusLines(status: HostStatus, style: Style, now: number): string[] {
  const { host, root, serial, channels, releases, images, sessions, portals, space, deleted, warnings } =
    status;
  const head = `${style.bold(host)}  ${root}, ${plural(serial, 'change')} so far`;
  const section = (title: string, rows: readonly (readonly string[])[], none: string) => [
    '',
    style.bold(title),
    ...indent(rows.length > 1 ? table(rows) : [none]),
  ];
  return [
    head,
    ...section(
      'Channels',
      [
        ['channel', 'release', 'since', 'by', 'behind'],
        ...channels.map((each) => [
          each.channel,
          `${each.recipe}@${each.release.slice(0, DIGITS)}`,
          formatAge((now - Date.parse(each.at)) / 1000),
          each.by,
          behindOf(images, each.channel, style),
        ]),
      ],
      'none: `npx lunsmith promote` makes one',
    ),
    ...section(
      'Releases',
      [
        ['release', 'channels', 'LUNs'],
        ...releases.map((each) => [
          `${each.recipe}@${each.digest.slice(0, DIGITS)}`,
          each.channels.join(', ') || '-',
          String(each.luns),
        ]),
      ],
      `nothing was published yet: npx lunsmith publish out/RECIPE/latest --to ${host}`,
    ),
    ...section('Clients', [IMAGE_HEAD, ...images.map((image) => imageRow(image, style))], 'none'),
    ...section(
      'Sessions',
      [
        ['initiator', 'target', 'from'],
        ...sessions.map(({ initiator, target, addresses = [] }) => [
          initiator,
          target,
          addresses.join(', ') || '-',
        ]),
      ],
      'none',
    ),
    // Of one alone there is nothing to be known but where the host is.
    ...(portals.length === 1 ? [] : ['', style.bold('Portals of each LUN'), ...indent([...portals])]),
    '',
    style.bold('Space'),
    `  ${formatBinary(space.free)} of ${formatBinary(space.total)} free; ${plural(space.luns, 'LUN')} may grow by ${formatBinary(space.promised)}`,
    ...(deleted.luns === 0
      ? []
      : [
          `  ${plural(deleted.luns, 'deleted LUN')} ${deleted.luns === 1 ? 'takes' : 'take'} at most ${formatBinary(deleted.allocated)}: npx lunsmith client ls --deleted --on ${host}`,
        ]),
    ...warnings.flatMap(({ message, hint }) => [
      `  ${style.yellow('warning:')} ${message}`,
      `  ${style.yellow('to do:')} ${hint}`,
    ]),
  ];
}

/** How many clients of a channel boot something else than what it is at. */
function behindOf(images: readonly ImageRow[], channel: string, { yellow }: Style): string {
  const own = images.filter((image) => image.channel === channel);
  const clients = (rows: readonly ImageRow[]) => new Set(rows.map(({ client }) => client)).size;
  const behind = clients(own.filter((image) => image.behind));
  return behind === 0 ? '-' : yellow(`${behind} of ${plural(clients(own), 'client')}`);
}

const IMAGE_HEAD = ['client', 'image', 'channel', 'release', 'LUN', 'boots next', 'now', 'kept'] as const;

function imageRow(image: ImageRow, style: Style): string[] {
  const release = image.release?.slice(0, DIGITS) ?? (image.channel === undefined ? 'none' : 'none yet');
  return [
    image.client,
    image.image,
    image.channel ?? '-',
    `${release}${noteOf(image, style)}`,
    image.bytes === undefined
      ? '-'
      : `${formatBinary(image.bytes)}${image.shared === true ? ' (shared)' : ''}`,
    image.next ? (image.installs === true ? 'its installer' : 'yes') : 'no',
    image.live ? style.green('logged in') : '-',
    String(image.kept),
  ];
}

function noteOf({ maintenance, behind, installs }: ImageRow, style: Style): string {
  if (maintenance === true) return ` ${style.yellow('(in maintenance)')}`;
  if (behind) return ` ${style.yellow('(channel is elsewhere)')}`;
  return installs === undefined ? '' : ' (installer)';
}

/** The clients alone. */
export function clientLines(images: readonly ImageRow[], style: Style): string[] {
  if (images.length === 0) return ['No clients: `npx lunsmith client add NAME` adds one of the site.'];
  return table([IMAGE_HEAD, ...images.map((image) => imageRow(image, style))]);
}

/** What was deleted and can be brought back. */
export function deletedLines(rows: readonly DeletedRow[], now: number): string[] {
  if (rows.length === 0) return ['Nothing that was deleted is kept.'];
  return table([
    ['client', 'image', 'release', 'LUNs', 'at most', 'deleted', 'by change', 'on', 'kept until'],
    ...rows.map((each) => [
      each.client,
      each.image,
      each.release.slice(0, DIGITS),
      String(each.luns),
      formatBinary(each.allocated),
      formatAge((now - Date.parse(each.at)) / 1000),
      String(each.change),
      each.host,
      each.overdue ? 'the next change' : each.until.slice(0, 16).replace('T', ' '),
    ]),
  ]);
}

/** The releases alone, with what keeps each of them. */
export function releaseLines(releases: readonly ReleaseRow[]): string[] {
  if (releases.length === 0) return ['No releases: `npx lunsmith publish out/RECIPE/latest` sends one.'];
  return table([
    ['release', 'size', 'needed, for'],
    ...releases.map(({ recipe, digest, bytes, needed }) => [
      `${recipe}@${digest.slice(0, DIGITS)}`,
      formatBinary(bytes),
      needed.length === 0 ? 'nothing: it may be removed' : needed.join('; '),
    ]),
  ]);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
