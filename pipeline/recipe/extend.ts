/**
 * `extends`: a child recipe over its parent. Maps merge, scalars and lists replace, an empty value leaves an
 * inherited map or list as it is. `steps` and `disk.partitions` merge by name.
 */
import { child, type MapEntry, type MapNode, type Node, textAt, withEntries } from '../../base/yaml/node.js';
import { contributes, needsOf } from '../plan/needs.js';
import type { StageRegistry } from '../stage.js';
import { type JoinRules, joinByName } from './join-by-name.js';
import { type MergeReport, mergeMaps } from './merge-maps.js';

/** The parent with the child laid over it; what is to be said is appended. */
export function mergeRecipes(
  parent: MapNode,
  over: MapNode,
  registry: StageRegistry,
  report: MergeReport,
): MapNode {
  const needs = (item: Node) =>
    needsOf(registry.get(textAt(item, 'uses') ?? ''), (name) => {
      const value = child(child(item, 'with'), name);
      return value?.kind === 'scalar' ? value.value : undefined;
    });
  const takesRest = (item: Node) => ['rest', 'grow'].includes(textAt(item, 'size') ?? '');
  const merged = new Map(mergeMaps(parent, over, report).entries);
  joinInto(merged, 'steps', child(parent, 'steps'), child(over, 'steps'), {
    word: 'step',
    needed: 'uses',
    nameOf: (item) => textAt(item, 'name') ?? textAt(item, 'uses'),
    precedes: (item, other) => contributes(needs(item), needs(other)).length > 0,
    report,
  });
  const disk = merged.get('disk');
  if (disk?.value.kind === 'map') {
    const entries = new Map(disk.value.entries);
    const [below, above] = [
      child(child(parent, 'disk'), 'partitions'),
      child(child(over, 'disk'), 'partitions'),
    ];
    joinInto(entries, 'partitions', below, above, {
      word: 'partition',
      needed: 'type',
      nameOf: (item) => textAt(item, 'name'),
      // What takes the rest of the disk stays last.
      precedes: (item, other) => !takesRest(item) && takesRest(other),
      report,
    });
    merged.set('disk', { ...disk, value: withEntries(disk.value, entries) });
  }
  return withEntries(over, merged);
}

function joinInto(
  entries: Map<string, MapEntry>,
  key: string,
  below: Node | undefined,
  above: Node | undefined,
  rules: JoinRules,
): void {
  const entry = entries.get(key);
  if (entry === undefined || below?.kind !== 'list' || above?.kind !== 'list') return;
  entries.set(key, { ...entry, value: joinByName(below, above, rules) });
}
