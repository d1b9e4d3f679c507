/** Whether an imported tree is the system that the recipe says, by what it tells of itself. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { Architecture } from '../../pipeline/stage.js';
import { elfArchitecture } from '../seal/elf.js';

export type ReadTree = (path: string) => Promise<Uint8Array | undefined>;

/** Distributions by the words of os-release(5): ID, then ID_LIKE. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = { debian: 'debian' };

/** @throws Failure of kind `integrity` for a system of another kind, or programs of another architecture */
export async function requireSystem(
  name: string,
  read: ReadTree,
  wanted: { readonly distribution: string; readonly architecture: Architecture },
): Promise<void> {
  const text = (await read('/etc/os-release')) ?? (await read('/usr/lib/os-release'));
  if (text === undefined) {
    throw new Failure('integrity', {
      what: `${name} holds no system: there is no /etc/os-release.`,
      hint: 'Import the root of a system, with `etc` and `usr` at its top.',
    });
  }
  const [distribution, title] = distributionOf(Buffer.from(text).toString('utf8'));
  if (distribution !== wanted.distribution)
    throw new Failure('integrity', otherDistribution(name, wanted.distribution, title));
  const found = elfArchitecture(((await read('/bin/sh')) ?? Buffer.alloc(0)).subarray(0, 20));
  if (found === wanted.architecture) return;
  throw new Failure('integrity', {
    what: `${name} is a system for another architecture.`,
    expected: wanted.architecture,
    found: `${found} (/bin/sh)`,
    hint: 'Give the recipe the architecture of the system, or import another one.',
  });
}

/** @param title what the system calls itself */
function otherDistribution(name: string, wanted: string, title: string): Diagnostic {
  return {
    what: `${name} is a system of another distribution.`,
    expected: `${wanted}, or what descends from it`,
    found: title,
    hint: 'Systems of other distributions are not imported: begin with the stage that makes one, such as `pacstrap`.',
  };
}

/** What can be told of a folder before anything runs. @param folder absolute path @returns undefined for a system that fits, or one that says nothing */
export function foreignFolder(name: string, folder: string, wanted: string): Diagnostic | undefined {
  // A link of the tree would lead astray on this host.
  const files = ['etc/os-release', 'usr/lib/os-release'].map((path) => join(folder, path));
  const file = files.find((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true);
  if (file === undefined) return undefined;
  const [distribution, title] = distributionOf(readFileSync(file, 'utf8'));
  return distribution === wanted ? undefined : otherDistribution(name, wanted, title);
}

/** Pure: the distribution, if it is known, and what the system calls itself. */
export function distributionOf(osRelease: string): readonly [id: string | undefined, title: string] {
  const field = (name: string) => new RegExp(`^${name}=(["']?)(.*)\\1$`, 'm').exec(osRelease)?.[2];
  const ids = [field('ID') ?? '', ...(field('ID_LIKE') ?? '').split(' ')];
  const id = ids.flatMap((each) => DISTRIBUTIONS[each] ?? [])[0];
  return [id, field('PRETTY_NAME') ?? field('ID') ?? 'unknown'];
}
