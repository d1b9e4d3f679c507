/** What differs from the release before. */
import type { Change } from '../../../artifacts/release/compare/change.js';
import type { FilesystemChanges, ReleaseDiff } from '../../../artifacts/release/compare/release-diff.js';
import { formatBytes, plural } from '../text.js';
import { type Html, html, type Piece } from './html.js';
import { details, figures, section, shortDigest, table } from './parts.js';

/** How many paths of each kind are named. */
const MOST_PATHS = 200;

export function differenceSection(
  before: { readonly digest: string; readonly diff: ReleaseDiff } | undefined,
): Html {
  const title = 'Difference to the release before';
  if (before === undefined)
    return section(
      'difference',
      title,
      html`<p>No release before it was found in its folder; <code>--before RELEASE</code> names one.</p>`,
    );
  const { diff } = before;
  const lead = html`<p>Compared with ${shortDigest(before.digest)}.</p>`;
  if (diff.same) return section('difference', title, lead, html`<p>It is the same release.</p>`);
  const { added, removed, changed } = diff.packages;
  const count = (of: keyof Pick<FilesystemChanges, 'added' | 'removed' | 'changed'>) =>
    diff.filesystems.reduce((sum, each) => sum + each[of].length, 0);
  return section(
    'difference',
    title,
    lead,
    figures([
      ['Packages', `${changed.length} changed`, `${added.length} added, ${removed.length} removed`],
      ['Files', `${count('changed')} changed`, `${count('added')} added, ${count('removed')} removed`],
      ['Boot files', plural(diff.boot.length, 'change')],
      ...(diff.blocks === undefined
        ? ([['LUN image', 'the same']] as const)
        : ([
            [
              'LUN image',
              `${formatBytes(diff.blocks.added * diff.blocks.blockBytes)} new`,
              `${formatBytes(diff.blocks.moved * diff.blocks.blockBytes)} moved, ${formatBytes(diff.blocks.unchanged * diff.blocks.blockBytes)} unchanged`,
            ],
          ] as const)),
    ]),
    packageChanges(diff),
    changes('Recipe and tools', diff.origin),
    changes('Kernel', diff.kernel),
    changes('Disk', diff.disk),
    bootChanges(diff),
    diff.filesystems.map(fileChanges),
  );
}

function values(old: string | undefined, now: string | undefined): Piece[] {
  return [
    old === undefined ? html`<span class="added">added</span>` : html`<code>${old}</code>`,
    now === undefined ? html`<span class="removed">removed</span>` : html`<code>${now}</code>`,
  ];
}

function packageChanges({ packages: { added, removed, changed } }: ReleaseDiff): Piece {
  const rows = [
    ...changed.map((each) => [each.name, ...values(each.old, each.new)]),
    ...added.map((each) => [each.name, ...values(undefined, each.version)]),
    ...removed.map((each) => [each.name, ...values(each.version, undefined)]),
  ];
  return (
    rows.length > 0 &&
    html`<h3>Packages</h3>${table('Packages that differ', ['package', 'before', 'now'], rows)}`
  );
}

function changes(title: string, all: readonly Change[]): Piece {
  return (
    all.length > 0 &&
    html`<h3>${title}</h3>${table(
      `${title}: what differs`,
      ['what', 'before', 'now'],
      all.map((each) => [each.what, ...values(each.old, each.new)]),
    )}`
  );
}

function bootChanges({ boot }: ReleaseDiff): Piece {
  if (boot.length === 0) return false;
  const size = (facts: { readonly bytes: number } | undefined) =>
    facts === undefined ? undefined : formatBytes(facts.bytes);
  return html`<h3>Boot files</h3>${table(
    'Boot files that differ',
    ['file', 'before', 'now'],
    boot.map(({ path, old, new: now }) => [path, ...values(size(old), size(now))]),
  )}${boot.map(({ path, lines }) => lines !== undefined && details(path, html`<pre tabindex="0">${lines.join('\n')}</pre>`))}`;
}

function fileChanges({ partition, mount, added, removed, changed }: FilesystemChanges): Piece {
  const list = (words: string, all: readonly { readonly path: string }[]) =>
    all.length > 0 &&
    details(
      `${plural(all.length, 'file')} ${words} on ${mount ?? partition}`,
      html`<ul class="plain">${all.slice(0, MOST_PATHS).map(({ path }) => html`<li><code>${path}</code></li>`)}</ul>`,
      all.length > MOST_PATHS &&
        html`<p>and ${all.length - MOST_PATHS} more: <code>npx lunsmith diff --files OLD NEW</code></p>`,
    );
  return [list('changed', changed), list('added', added), list('removed', removed)];
}
