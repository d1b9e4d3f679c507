/**
 * Which cells of which shipped recipes a run of the tests boots. All of them would take hours under emulation: a core is
 * booted in every run, with it as many as show every pair of values of Debian's recipes, and some more; which ones follows from
 * the commit.
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import type { LoaderName } from '../../artifacts/platform/loader.js';
import { PC, PC_FIRMWARE, type PcFirmware } from '../../artifacts/platform/pc.js';
import type { Cell } from '../../artifacts/platform/platform.js';
import { allRows, coveringArray, shuffled, without } from './covering.js';

export const RECIPES = ['debian-bookworm', 'debian-trixie', 'target-host', 'arch'] as const;
export type ShippedRecipe = (typeof RECIPES)[number];
export type RecipeCell = Cell & { readonly recipe: ShippedRecipe };

export const ALL_CELLS: readonly RecipeCell[] = allRows({
  recipe: RECIPES,
  firmware: PC.matrix.firmware,
  path: PC.matrix.methods,
  secret: ['right', 'wrong'],
});

/** What the command line proves of Debian 12 with `--firmware bios --path san`; an ordinary user does it. */
export const CORE: readonly RecipeCell[] = (['right', 'wrong'] as const).map((secret) => ({
  recipe: 'debian-bookworm',
  firmware: 'bios',
  path: 'san',
  secret,
}));

/** Boots of Debian's recipes besides those that show every pair. */
const BEYOND = 1;

/** Of Arch a client is booted by arch.test.ts in any case, so that of its cells one boot and one refusal do. */
const isPaired = ({ recipe }: RecipeCell) => recipe !== 'arch';

/**
 * The pairs that a cell shows to work together. A boot that is refused ends at the login to the target, so it shows
 * nothing of how the rest of it meets: only what meets the wrong secret.
 */
export function pairsOf(cell: RecipeCell): string[] {
  const values = Object.entries(cell).map(([factor, value]) => `${factor}=${value}`);
  const pairs = values.flatMap((one, index) => values.slice(index + 1).map((other) => `${one} ${other}`));
  return cell.secret === 'right' ? pairs : pairs.filter((pair) => pair.includes('secret=wrong'));
}

/** @param seed any text, or `all` */
export function chooseCells(seed: string): RecipeCell[] {
  if (seed === 'all') return [...ALL_CELLS];
  const paired = ALL_CELLS.filter(isPaired);
  const needed = coveringArray(paired, { core: CORE, pairs: pairsOf, seed });
  const boots = paired.filter(({ secret }) => secret === 'right');
  const beyond = shuffled(without(boots, needed), seed).slice(0, BEYOND);
  const others = shuffled(without(ALL_CELLS, paired), seed);
  const firstOf = (which: RecipeCell['secret']) =>
    others.filter(({ secret }) => secret === which).slice(0, 1);
  return [...needed, ...beyond, ...firstOf('right'), ...firstOf('wrong')];
}

/**
 * Boot loaders other than GRUB, which the recipes have by default, and the cell that shows each: busybox.test.ts boots it with a small
 * system, boot.test.ts with Debian 12 where every cell is booted.
 */
export const LOADER_CELLS = [
  { loader: 'extlinux', firmware: 'bios', path: 'san', secret: 'right' },
  { loader: 'syslinux', firmware: 'bios', path: 'san', secret: 'right' },
  { loader: 'systemd-boot', firmware: 'uefi', path: 'san', secret: 'right' },
] as const satisfies readonly (Cell & { readonly loader: LoaderName })[];

/** One of them in each run. @param seed any text, or `all` */
export function chooseLoaders(seed: string): readonly (typeof LOADER_CELLS)[number][] {
  return seed === 'all' ? LOADER_CELLS : shuffled(LOADER_CELLS, `${seed} loader`).slice(0, 1);
}

/** By which firmware a stick starts a client: one of them in each run. @param seed any text, or `all` */
export function chooseStickFirmware(seed: string): readonly PcFirmware[] {
  return seed === 'all' ? PC_FIRMWARE : shuffled(PC_FIRMWARE, `${seed} stick`).slice(0, 1);
}

/** Languages and keyboards of the target host that is booted: a login prompt that is not English. @param seed any text */
export function chooseLanguage(seed: string): { readonly lang: string; readonly keymap: string } {
  const languages = [
    { lang: 'de_DE.UTF-8', keymap: 'de' },
    { lang: 'ja_JP.UTF-8', keymap: 'jp' },
  ] as const;
  return shuffled(languages, `${seed} language`)[0] ?? languages[0];
}

/** By which of its files PXELINUX finds a client's menu: that of its MAC address in each run. @param seed any text, or `all` */
export function choosePxelinuxMenus(seed: string): readonly ('mac' | 'address' | 'default')[] {
  return seed === 'all' ? ['mac', 'address', 'default'] : ['mac'];
}

/** What LUNSMITH_CELLS says, else the commit that is checked out; `none` where there is no repository. */
export function cellSeed(): string {
  const given = process.env['LUNSMITH_CELLS'] ?? '';
  if (given !== '') return given;
  try {
    // The checkout may belong to another user.
    const argv = ['-c', 'safe.directory=*', 'rev-parse', 'HEAD'];
    return execFileSync('git', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'none';
  }
}
