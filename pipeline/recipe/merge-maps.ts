/**
 * Maps of an extending recipe over those that it inherits, and the words by which it changes an inherited value instead
 * of replacing it: `{ add, remove }` or `{ replace }` for a list of plain values, `{ unset: true }` for any value.
 */
import { canonicalJson } from '../../base/digest.js';
import type { Diagnostic } from '../../base/failure.js';
import { didYouMean, oneOf } from '../../base/suggest.js';
import {
  child,
  type ListNode,
  type MapEntry,
  type MapNode,
  type Node,
  placeOfLocated,
  toPlain,
  withEntries,
} from '../../base/yaml/node.js';

/** Keys of a map that stands where a list is inherited. */
export const LIST_WORDS = ['add', 'remove', 'replace'] as const;

export interface MergeReport {
  readonly problems: Diagnostic[];
  /** What is allowed but seldom meant. */
  readonly warnings: Diagnostic[];
}

/** Keys of both; where both have a map under a key, those merge too. An empty value leaves a map or list as it is. */
export function mergeMaps(parent: MapNode, over: MapNode, report: MergeReport): MapNode {
  const entries = new Map<string, MapEntry>(parent.entries);
  for (const [key, entry] of over.entries) {
    const below = parent.entries.get(key)?.value;
    if (unsets(entry.value)) {
      if (!entries.delete(key)) report.problems.push(nothingInherited(key, entry.value, 'Remove the line.'));
    } else if (!leavesAlone(below, entry.value)) {
      entries.set(key, { ...entry, value: mergeValues(key, below, entry.value, report) });
    }
  }
  return withEntries(over, entries);
}

function leavesAlone(below: Node | undefined, value: Node): boolean {
  return below !== undefined && below.kind !== 'scalar' && value.kind === 'scalar' && value.value === null;
}

function unsets(value: Node): boolean {
  const word = child(value, 'unset');
  return value.kind === 'map' && value.entries.size === 1 && word?.kind === 'scalar' && word.value === true;
}

function mergeValues(key: string, below: Node | undefined, value: Node, report: MergeReport): Node {
  if (below?.kind === 'map' && value.kind === 'map') return mergeMaps(below, value, report);
  if (below?.kind === 'list' && value.kind === 'list') {
    const dropped = plainItems(below).filter((text) => !plainItems(value).includes(text));
    if (dropped.length > 0) report.warnings.push(drops(key, value, dropped));
    return value;
  }
  const words = listWords(value);
  if (words === undefined) return value;
  if (below?.kind === 'list') return changeList(key, below, words, report.problems);
  if (below === undefined) {
    report.problems.push(nothingInherited(key, value, 'Write a list.'));
    return words.replace ?? words.add ?? { ...value, kind: 'list', items: [] };
  }
  return value;
}

type ListWords = Partial<Record<(typeof LIST_WORDS)[number], ListNode>>;

/** Undefined when the value is no map of these words alone. */
function listWords(value: Node): ListWords | undefined {
  if (value.kind !== 'map' || value.entries.size === 0) return undefined;
  const words: ListWords = {};
  for (const [key, { value: list }] of value.entries) {
    const word = LIST_WORDS.find((one) => one === key);
    if (word === undefined || list.kind !== 'list') return undefined;
    words[word] = list;
  }
  return words;
}

function changeList(key: string, below: ListNode, words: ListWords, problems: Diagnostic[]): ListNode {
  const { add, remove, replace } = words;
  if (replace !== undefined) {
    const other = add ?? remove;
    if (other !== undefined)
      problems.push({
        what: '`replace` with `add` or `remove` says too much.',
        place: placeOfLocated({ node: other, whole: true }),
        hint: 'Put all values into `replace`.',
      });
    return replace;
  }
  const names = below.items.map(textOf);
  for (const item of remove?.items ?? []) {
    const name = textOf(item);
    if (names.includes(name)) continue;
    problems.push({
      what: `The recipe that is extended has no \`${name}\` in \`${key}\`.`,
      place: placeOfLocated({ node: item, whole: true }),
      expected: names.length === 0 ? 'nothing: the list is empty' : oneOf(names),
      ...didYouMean(name, names),
    });
  }
  const gone = new Set(remove?.items.map(textOf));
  const kept = below.items.filter((item) => !gone.has(textOf(item)));
  const there = new Set(kept.map(textOf));
  const added = (add?.items ?? []).filter((item) => !there.has(textOf(item)));
  return { ...below, items: [...kept, ...added] };
}

function textOf(item: Node): string {
  return item.kind === 'scalar' ? String(item.value) : canonicalJson(toPlain(item));
}

/** Texts of a list of plain values; none of a list that holds anything else. */
function plainItems({ items }: ListNode): string[] {
  return items.every(({ kind }) => kind === 'scalar') ? items.map(textOf) : [];
}

function nothingInherited(key: string, value: Node, hint: string): Diagnostic {
  return {
    what: `The recipe that is extended says nothing about \`${key}\`.`,
    place: placeOfLocated({ node: value, whole: true }),
    hint,
  };
}

/** Values that are named before "and so on". */
const NAMED = 5;

function drops(key: string, list: ListNode, dropped: readonly string[]): Diagnostic {
  const named = dropped.slice(0, NAMED).join(', ');
  return {
    what: `\`${key}\` replaces the inherited list and drops ${dropped.length} of its values: ${named}${dropped.length > NAMED ? ', …' : ''}.`,
    place: placeOfLocated({ node: list, whole: true }),
    hint: `Write \`${key}: { add: […], remove: […] }\` to change the inherited list, or \`{ replace: […] }\` if this is meant.`,
  };
}
