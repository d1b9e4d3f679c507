/**
 * The key of a layer by the root that it was made of: a step's key changes with everything below it, and this one only with
 * what the step reads. So a step that takes long is not run again for a change that does not concern it.
 */
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import type { Ports } from '../../base/ports.js';
import { askedDistribution } from '../plan/asked-distribution.js';
import type { KeyedStep } from '../plan/keys/fingerprint.js';
import type { PlannedStep } from '../plan/planned-step.js';
import { type Made, usableEntry } from '../store/entry.js';
import { takeLease } from '../store/lease.js';
import { removalLock } from '../store/temporary-roots.js';
import { contentFolder, digestContents } from '../store/tree-digest.js';
import { type Build, quietPorts } from './build.js';
import { type LayerGround } from './layer.js';
import { mountTree } from './root-tree.js';

/** Undefined for a step that does not say what it leaves unread. */
export async function rootKeyOf(
  { inputs }: KeyedStep,
  step: PlannedStep,
  { mountRoot, floor, below }: LayerGround,
  ports: Ports,
): Promise<string | undefined> {
  if (step.stage.unread === undefined) return undefined;
  await using mounted = await mountTree(mountRoot, { floor, below }, ports);
  const unread = await step.stage.unread({ rootfs: mounted.path, distribution: askedDistribution(step) });
  const root = await digestContents(mounted.path, ports, unread);
  const { below: _, ...rest } = inputs;
  return sha256OfText(canonicalJson({ ...rest, root, unread }));
}

/**
 * Copies the layer that an earlier build made of the same root into an empty folder. @returns what its step recorded; undefined when
 * there is none
 */
export async function takeLayerOf(
  build: Build,
  rootKey: string,
  step: string,
  tree: string,
  ports: Ports,
): Promise<Made | undefined> {
  // No garbage collection removes it meanwhile.
  await using _kept = await takeLease(removalLock(build.store), quietPorts(build), { shared: true });
  const key = await build.store.byRootKey(rootKey);
  const record = key === undefined ? undefined : await usableEntry(build, key, step);
  if (record?.rootKey !== rootKey) return undefined;
  const from = contentFolder(build.store.entry(record.key), record.kind);
  await ports.run(['cp', '--archive', '--reflink=auto', `${from}/.`, tree], {
    doing: 'take the layer that was made of the same root',
    quiet: true,
  });
  return { records: record.records, rootKey };
}
