/**
 * `extends`: a child recipe over its parent. Maps merge, scalars and lists replace, an empty value leaves an
 * inherited map or list as it is. `steps` and `disk.partitions` merge by name.
 */
import type { Diagnostic } from '../../base/failure.js';
import { child, type MapEntry, type MapNode, type Node, textAt, withEntries } from '../../base/yaml/node.js';
import { rankOf, type StepPlace } from '../plan/order.js';
import { type JoinRules, joinByName, mergeMaps } from './join-by-name.js';

/** What merging must know of stages: where a step of this stage and with these options stands when nothing else is said. */
export type PlaceOfStage = (
  uses: string | undefined,
  option: (name: string) => unknown,
) => StepPlace | undefined;

/** The parent with the child laid over it; problems are appended. */
export function mergeRecipes(
  parent: MapNode,
  over: MapNode,
  placeOfStage: PlaceOfStage,
  problems: Diagnostic[],
): MapNode {
  const stepRank = (item: Node) => {
    const option = (name: string) => {
      const value = child(child(item, 'with'), name);
      return value?.kind === 'scalar' ? value.value : undefined;
    };
    return rankOf(placeOfStage(textAt(item, 'uses'), option));
  };
  const merged = new Map(mergeMaps(parent, over).entries);
  joinInto(merged, 'steps', child(parent, 'steps'), child(over, 'steps'), {
    word: 'step',
    needed: 'uses',
    nameOf: (item) => textAt(item, 'name') ?? textAt(item, 'uses'),
    rank: stepRank,
    problems,
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
      rank: (item) => (['rest', 'grow'].includes(textAt(item, 'size') ?? '') ? 1 : 0),
      problems,
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
