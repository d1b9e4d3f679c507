/** What two manifests tell without a look at the files. */
import { mib, SECTOR } from '../../formats/disk-layout.js';
import type { Manifest } from '../manifest.js';
import { distributionWords } from '../roles.js';
import { type Change, change, pair } from './change.js';

type Package = NonNullable<Manifest['packages']>[number];
type Partition = Manifest['disk']['partitions'][number];

/** Sorted by name and architecture. */
export interface PackageChanges {
  readonly added: readonly Package[];
  readonly removed: readonly Package[];
  readonly changed: readonly {
    readonly name: string;
    readonly architecture: string;
    readonly old: string;
    readonly new: string;
  }[];
}

/** A release without a list of packages counts as one without packages. */
export function comparePackages(
  { packages: a = [] }: Manifest,
  { packages: b = [] }: Manifest,
): PackageChanges {
  const added: Package[] = [];
  const removed: Package[] = [];
  const changed: PackageChanges['changed'][number][] = [];
  for (const { old, now } of pair(a, b, (each) => `${each.name} ${each.architecture}`)) {
    if (old === undefined) added.push(now as Package);
    else if (now === undefined) removed.push(old);
    else if (old.version !== now.version) {
      changed.push({ name: now.name, architecture: now.architecture, old: old.version, new: now.version });
    }
  }
  return { added, removed, changed };
}

/** Recipe, distribution and the tools that wrote the release. */
export function compareOrigins(a: Manifest, b: Manifest): Change[] {
  return [
    ...change('recipe', a.recipe.name, b.recipe.name),
    ...change('version of the recipe', a.recipe.version, b.recipe.version),
    ...change('sha256 of the recipe', a.recipe.sha256, b.recipe.sha256),
    ...change('platform', a.platform, b.platform),
    ...change('distribution', distributionWords(a), distributionWords(b)),
    ...change('architecture', a.architecture, b.architecture),
    ...change('epoch', String(a.epoch), String(b.epoch)),
    ...change('lunsmith', a.lunsmith, b.lunsmith),
    ...pair(Object.entries(a.tools), Object.entries(b.tools), ([name]) => name).flatMap(({ key, old, now }) =>
      change(`tool ${key}`, old?.[1], now?.[1]),
    ),
  ];
}

export function compareKernels({ kernel: a }: Manifest, { kernel: b }: Manifest): Change[] {
  return [
    ...change('kernel version', a?.version, b?.version),
    ...change('command line', a?.commandLine, b?.commandLine),
  ];
}

/** The partition table; partitions are matched by name.  */
export function compareDisks({ disk: a }: Manifest, { disk: b }: Manifest): Change[] {
  return [
    ...change('table', a.table, b.table),
    ...change('size', mib(a.bytes), mib(b.bytes)),
    ...change(a.table === 'gpt' ? 'disk GUID' : 'disk signature', a.guid, b.guid),
    ...pair(a.partitions, b.partitions, ({ name }) => name).flatMap(({ key, old, now }) =>
      old === undefined || now === undefined
        ? change(`partition ${key}`, old && describePartition(old), now && describePartition(now))
        : comparePartitions(old, now),
    ),
  ];
}

function describePartition({ number, filesystem, mount, sectors }: Partition): string {
  const use = [filesystem, mount].filter((each) => each !== undefined).join(' ');
  return `number ${number}, ${mib(sectors * SECTOR)}${use === '' ? '' : `, ${use}`}`;
}

function comparePartitions(a: Partition, b: Partition): Change[] {
  const of = (what: string) => `${what} of partition ${a.name}`;
  return [
    ...change(of('number'), String(a.number), String(b.number)),
    ...change(of('type'), a.type, b.type),
    ...change(of('GUID'), a.guid, b.guid),
    ...change(of('start'), mib(a.firstLba * SECTOR), mib(b.firstLba * SECTOR)),
    ...change(of('size'), mib(a.sectors * SECTOR), mib(b.sectors * SECTOR)),
    ...change(of('file system'), a.filesystem, b.filesystem),
    ...change(of('UUID'), a.filesystemUuid, b.filesystemUuid),
    ...change(of('mount point'), a.mount, b.mount),
    ...change(of('grow'), String(a.grow), String(b.grow)),
  ];
}
