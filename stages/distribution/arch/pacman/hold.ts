/** Packages that the booted system must not upgrade: IgnorePkg of pacman.conf(5). */
import { Failure } from '../../../../base/failure.js';
import type { RootTree } from '../../../rootfs/tree.js';
import { installedPackages } from './local.js';
import { requirePackages } from './refusal.js';

const CONFIGURATION = '/etc/pacman.conf';

/** @throws Failure of kind `recipe` for what is not installed, or without pacman in the tree */
export async function holdPackages(tree: RootTree, names: readonly string[]): Promise<void> {
  requirePackages(
    names,
    (await installedPackages(tree)).map(({ name }) => name),
  );
  const text = await tree.read(CONFIGURATION);
  if (text === undefined) {
    throw new Failure('recipe', {
      what: `The tree has no ${CONFIGURATION}, in which packages are held.`,
      hint: 'Install `pacman`, of which `base` consists among others.',
    });
  }
  await tree.write(CONFIGURATION, withIgnored(text, names));
}

/** The text of a pacman.conf(5) with more packages in IgnorePkg, each once. */
export function withIgnored(text: string, names: readonly string[]): string {
  const before = text
    .split('\n')
    .flatMap((line) => /^\s*IgnorePkg\s*=\s*(.*)$/.exec(line)?.[1]?.split(/\s+/) ?? []);
  const all = [...new Set([...before, ...names])].filter((name) => name !== '');
  const kept = text.split('\n').filter((line) => !/^\s*IgnorePkg\s*=/.test(line));
  const at = kept.findIndex((line) => /^\s*\[options\]/.test(line));
  kept.splice(at + 1, 0, ...(at < 0 ? ['[options]'] : []), `IgnorePkg = ${all.join(' ')}`);
  return kept.join('\n');
}
