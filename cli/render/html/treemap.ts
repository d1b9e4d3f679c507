/** Packages as areas: the larger, the more room it takes; its colour says why it is installed. */
import { type HierarchyRectangularNode, hierarchy, treemap } from 'd3-hierarchy';
import { type PackageFacts, REASONS } from '../../../stages/distribution/topics.js';
import { formatBytes } from '../text.js';
import { type Html, html, percent } from './html.js';

/** Width and height for which areas are laid out: of a wide window, and of a telephone. */
const WIDE = [1000, 420] as const;
const NARROW = [360, 560] as const;
/** How many packages have an area of their own; the smallest ones share one. */
const MOST_TILES = 250;

interface Tile {
  readonly name: string;
  readonly words: string;
  readonly why: PackageFacts['why'];
  readonly bytes: number;
}

interface Node {
  readonly tile?: Tile;
  readonly children?: readonly Node[];
}

export function packageTiles(packages: readonly PackageFacts[]): Html {
  const tiles = tilesOf(packages);
  const [wide, narrow] = [layout(tiles, WIDE), layout(tiles, NARROW)];
  return html`<ul class="tiles" data-tiles="tile-says" aria-label="Packages by the room that they take; arrow keys go through them">${tiles.map(
    ({ name, words, why, bytes }, index) =>
      html`<li style="${place(wide[index], WIDE, '')};${place(narrow[index], NARROW, 'n')}"><button type="button" class="${why}" tabindex="${index === 0 ? 0 : -1}" aria-label="${words}"><span>${name} <small>${formatBytes(bytes)}</small></span></button></li>\n`,
  )}</ul>
<p class="says" id="tile-says" role="status">Point at an area, or go through them by the arrow keys, to read what it is.</p>`;
}

function tilesOf(packages: readonly PackageFacts[]): Tile[] {
  const sorted = packages.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  const rest = sorted.slice(MOST_TILES);
  const shared = REASONS.flatMap((why): Tile[] => {
    const some = rest.filter((each) => each.why === why);
    if (some.length === 0) return [];
    const bytes = some.reduce((sum, each) => sum + each.bytes, 0);
    const name = `${some.length} more`;
    return [{ name, words: `${name} ${formatBytes(bytes)} together, ${why}`, why, bytes }];
  });
  return [
    ...sorted.slice(0, MOST_TILES).map((each) => ({
      ...{ name: each.name, why: each.why, bytes: each.bytes },
      words: `${each.name} ${formatBytes(each.bytes)}, version ${each.version}, ${whyWords(each)}`,
    })),
    ...shared,
  ];
}

/** `dependency of libc6, perl and 3 more`. */
export function whyWords({ why, neededBy }: PackageFacts): string {
  const [first, second, ...more] = neededBy;
  const names = [first, second].filter((each) => each !== undefined);
  const list = more.length > 0 ? `${names.join(', ')} and ${more.length} more` : names.join(' and ');
  if (why === 'dependency') return list === '' ? 'dependency' : `dependency of ${list}`;
  return why === 'base' ? 'base system' : 'manual';
}

/** Each tile's rectangle, in the order of the tiles. */
function layout(
  tiles: readonly Tile[],
  size: readonly [number, number],
): (HierarchyRectangularNode<Node> | undefined)[] {
  const root = hierarchy<Node>({
    children: REASONS.map((why) => ({
      children: tiles.filter((tile) => tile.why === why).map((tile) => ({ tile })),
    })),
  });
  root.sum(({ tile }) => tile?.bytes ?? 0).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const leaves = treemap<Node>()
    .size([...size])(root)
    .leaves();
  const byTile = new Map(leaves.map((leaf) => [leaf.data.tile, leaf]));
  return tiles.map((tile) => byTile.get(tile));
}

function place(
  node: HierarchyRectangularNode<Node> | undefined,
  [width, height]: readonly [number, number],
  prefix: string,
): string {
  if (node === undefined) return '';
  const { x0, x1, y0, y1 } = node;
  return `--${prefix}x:${percent(x0, width)};--${prefix}y:${percent(y0, height)};--${prefix}w:${percent(x1 - x0, width)};--${prefix}h:${percent(y1 - y0, height)}`;
}
