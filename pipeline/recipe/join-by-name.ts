/** Lists of named things, a child's over its parent's: each is matched by its name, or placed among the others. */
import { didYouMean, oneOf } from '../../base/suggest.js';
import type { ListNode, MapNode, Node } from '../../base/yaml/node.js';
import { child, pickKeys, placeOfLocated, textAt } from '../../base/yaml/node.js';
import { type MergeReport, mergeMaps } from './merge-maps.js';

/** Keys that say how an item of the child joins the parent's list; they are gone after the merge. */
export const JOIN_KEYS = ['remove', 'after', 'before'] as const;

export interface JoinRules {
  /** What an item is called in messages. */
  readonly word: string;
  /** The key that a new item cannot do without. */
  readonly needed: string;
  readonly nameOf: (item: Node) => string | undefined;
  /** Whether a new item goes before this one: it is put before the first such. */
  readonly precedes: (item: Node, other: Node) => boolean;
  readonly report: MergeReport;
}

/** The parent's items with the child's joined in; what is wrong is appended to `rules.report`. */
export function joinByName(parent: ListNode, over: ListNode, rules: JoinRules): ListNode {
  return new Join(parent, rules).with(over);
}

class Join {
  private readonly items: Node[];
  /** For each item that others were placed after: the last one so placed, so that several keep their order. */
  private readonly placedAfter = new Map<string, Set<string>>();

  constructor(
    parent: ListNode,
    private readonly rules: JoinRules,
  ) {
    this.items = [...parent.items];
  }

  with(list: ListNode): ListNode {
    const seen = new Set<string>();
    for (const item of list.items) {
      const name = this.rules.nameOf(item);
      // A name that the child itself uses twice is for validation to complain about.
      const index = name === undefined || seen.has(name) ? -1 : this.indexOf(name);
      if (name !== undefined) seen.add(name);
      if (item.kind === 'map') this.join(item, name, index);
      else this.items.push(item);
    }
    return { ...list, items: this.items };
  }

  private join(item: MapNode, name: string | undefined, index: number): void {
    const existing = this.items[index];
    this.checkKinds(item);
    const remove = child(item, 'remove');
    if (remove?.kind === 'scalar' && remove.value === true) {
      if (existing === undefined) this.unknown(item, 'name', name ?? '');
      else this.items.splice(index, 1);
      return;
    }
    if (existing === undefined && name !== undefined && child(item, this.rules.needed) === undefined) {
      // Without it this can be no new item: the name is a slip.
      this.unknown(item, 'name', name);
      return;
    }
    const merged =
      existing?.kind === 'map' && sameStage(existing, item)
        ? mergeMaps(existing, item, this.rules.report)
        : item;
    const clean = pickKeys(merged, (key) => !(JOIN_KEYS as readonly string[]).includes(key));
    const target = this.target(item);
    if (target === undefined && existing !== undefined) {
      this.items[index] = clean;
      return;
    }
    if (existing !== undefined) this.items.splice(index, 1);
    this.items.splice(target?.(name) ?? this.beforeWhatFollows(clean), 0, clean);
  }

  /** Where `after` or `before` puts an item; undefined when neither is given. */
  private target(item: MapNode): ((name: string | undefined) => number) | undefined {
    const [after, before] = [textAt(item, 'after'), textAt(item, 'before')];
    if (after !== undefined && before !== undefined) {
      const place = placeOfLocated({ node: child(item, 'before') ?? item, whole: true });
      this.rules.report.problems.push({
        what: '`after` and `before` together say too much.',
        place,
        hint: 'Keep one of them.',
      });
      return undefined;
    }
    const anchor = after ?? before;
    if (anchor === undefined) return undefined;
    if (this.indexOf(anchor) < 0) {
      this.unknown(item, after === undefined ? 'before' : 'after', anchor);
      return undefined;
    }
    return (name) => {
      const at = this.indexOf(anchor);
      if (after === undefined) return Math.max(0, at);
      const placed = this.placedAfter.get(anchor) ?? new Set<string>();
      let next = at + 1;
      while (placed.has(this.nameAt(next) ?? '')) next++;
      if (name !== undefined) this.placedAfter.set(anchor, placed.add(name));
      return next;
    };
  }

  /** The keys that say how to join are gone before validation. */
  private checkKinds(item: MapNode): void {
    for (const key of JOIN_KEYS) {
      const value = child(item, key);
      const kind = key === 'remove' ? 'boolean' : 'string';
      if (value === undefined || (value.kind === 'scalar' && typeof value.value === kind)) continue;
      this.rules.report.problems.push({
        what: `Wrong kind of value of \`${key}\`.`,
        place: placeOfLocated({ node: value, whole: true }),
        expected: key === 'remove' ? 'true or false' : `the name of a ${this.rules.word}`,
      });
    }
  }

  private beforeWhatFollows(item: Node): number {
    const next = this.items.findIndex((other) => this.rules.precedes(item, other));
    return next < 0 ? this.items.length : next;
  }

  private unknown(item: MapNode, key: string, name: string): void {
    const names = this.items.flatMap((other) => this.rules.nameOf(other) ?? []);
    const { word } = this.rules;
    this.rules.report.problems.push({
      what: `The recipe that is extended has no ${word} \`${name}\`.`,
      place: placeOfLocated({ node: child(item, key) ?? child(item, 'uses') ?? item, whole: true }),
      expected: names.length === 0 ? `no ${word} at all` : oneOf(names),
      ...didYouMean(name, names),
    });
  }

  private indexOf(name: string): number {
    return this.items.findIndex((item) => this.rules.nameOf(item) === name);
  }

  private nameAt(index: number): string | undefined {
    const item = this.items[index];
    return item === undefined ? undefined : this.rules.nameOf(item);
  }
}

/** Options of another stage are no options to merge with. */
function sameStage(existing: MapNode, item: MapNode): boolean {
  const uses = textAt(item, 'uses');
  return uses === undefined || uses === textAt(existing, 'uses');
}
