/** A tree of plain data in which every value knows where it was written, across files that were merged. */
import type { SourcePlace } from '../failure.js';
import { placeOf, type Span } from './source.js';

export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

export interface ListNode extends Span {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface MapEntry {
  readonly key: Span;
  readonly value: Node;
}

export interface MapNode extends Span {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export type Node = ScalarNode | ListNode | MapNode;
export type Path = readonly (string | number)[];

/** The value itself, without places. */
export function toPlain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]));
}

/** The value under a key of a map; undefined when there is none or the node is no map. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** The text under a key, when it is text. */
export function textAt(node: Node | undefined, key: string): string | undefined {
  const value = child(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

/** The same map with other entries. */
export function withEntries(map: MapNode, entries: ReadonlyMap<string, MapEntry>): MapNode {
  return { ...map, entries };
}

/** The same map with only the keys that `keep` accepts. */
export function pickKeys(map: MapNode, keep: (key: string) => boolean): MapNode {
  return withEntries(map, new Map([...map.entries].filter(([key]) => keep(key))));
}

/** What a path leads to. */
export interface Located {
  /** The value, or the nearest one above it that exists. */
  readonly node: Node;
  /** The key under which that value stands, when it stands under one. */
  readonly key?: Span;
  /** Whether the whole path exists. */
  readonly whole: boolean;
}

export function locate(root: Node, path: Path): Located {
  let at: { node: Node; key?: Span } = { node: root };
  for (const part of path) {
    const { node } = at;
    if (node.kind === 'map') {
      const entry = node.entries.get(String(part));
      if (entry === undefined) return { ...at, whole: false };
      at = { node: entry.value, key: entry.key };
    } else {
      const item = node.kind === 'list' ? node.items[Number(part)] : undefined;
      if (item === undefined) return { ...at, whole: false };
      at = { node: item };
    }
  }
  return { ...at, whole: true };
}

/** The place of a value: the value itself if it is a scalar, else the key above it, else its beginning. */
export function placeOfLocated(located: Located): SourcePlace {
  const { node, key } = located;
  if (node.kind === 'scalar' && node.end > node.start) return placeOf(node);
  return placeOf(key ?? headOf(node));
}

/** The place that a path leads to, or the nearest one above. */
export function placeAt(root: Node, path: Path): SourcePlace {
  return placeOfLocated(locate(root, path));
}

/** A list or map without a key above it is shown by the first thing in it. */
function headOf(node: Node): Span {
  if (node.kind === 'map') return node.entries.values().next().value?.key ?? node;
  if (node.kind === 'list') return node.items[0] === undefined ? node : headOf(node.items[0]);
  return node;
}
