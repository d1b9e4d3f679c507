/** Releases that many tests look at, each made once in a run of the suite by the command line. */
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { inject } from 'vitest';
import type { LoaderName } from '../../artifacts/platform/loader.js';
import { type Release, readRelease } from '../../artifacts/release/release.js';
import { miniature } from './arch/miniature.js';
import { serveRepositories } from './arch/server.js';
import { cellSeed, chooseLanguage, type ShippedRecipe } from './cells.js';
import { lunsmith } from './cli.js';
import { type ClientRecipe, writeClientRecipe } from './client-recipe.js';
import { makePiOsImage } from './pi-os-image.js';
import { writePiOsRecipe, writePiRecipe } from './pi-recipe.js';
import { shared } from './shared.js';
import { ubuntuArchive } from './ubuntu/miniature.js';

/**
 * Path of the release of a shipped recipe, built as the user who runs the tests; that of `target-host` lets
 * {@link targetHostKey} in, and has LVM.
 */
export async function shippedRelease(recipe: ShippedRecipe): Promise<string> {
  const out = await shared(`out-${recipe}`, async (partial) => {
    if (recipe === 'arch') return buildArch(await writeArch(partial), partial);
    const folder = recipe === 'target-host' ? await writeTargetHost(partial) : `recipes/${recipe}`;
    // Debian 12 and Arch are built a second time by an ordinary user, and compared: rootless.test.ts, arch.test.ts.
    await build(folder, partial, ...(recipe === 'debian-trixie' ? ['--twice'] : []));
  });
  return join(out, recipe, 'latest');
}

/** Path of the release of Debian 12 with that boot loader on its LUN. */
export async function loaderRelease(loader: LoaderName): Promise<string> {
  const recipe = 'debian-bookworm';
  const out = await shared(`out-${loader}`, (partial) =>
    build(`recipes/${recipe}`, partial, '--set', `loader=${loader}`),
  );
  return join(out, recipe, 'latest');
}

/** Path of the private key of who may log in to the target host as root. */
export async function targetHostKey(): Promise<string> {
  return join(await shippedRelease('target-host'), '..', '..', 'key');
}

/** For LUNs that are thin volumes, and for the keyboard. */
const INSTALLED = ['lvm2', 'thin-provisioning-tools', 'keyboard-configuration', 'locales'];

/** The shipped recipe, a key that may log in, LVM, and a language other than English. */
async function writeTargetHost(home: string): Promise<string> {
  const key = join(home, 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'publisher', '-f', key]);
  const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
  const users = { name: 'users', with: { root: { 'authorized-keys': [publicKey] } } };
  const more = { name: 'more', uses: 'packages', with: { install: INSTALLED } };
  const language = { name: 'language', uses: 'locale', with: chooseLanguage(cellSeed()) };
  return writeExtending(home, 'target-host', [users, more, language]);
}

/** A shipped recipe with other steps, under its own name. */
async function writeExtending(
  home: string,
  name: ShippedRecipe | 'ubuntu-noble',
  steps: readonly object[],
): Promise<string> {
  const folder = join(home, 'recipe');
  await mkdir(folder);
  // `extends` is a path from the recipe's folder, links resolved.
  const parent = relative(await realpath(folder), join(process.cwd(), 'recipes', name));
  await writeFile(join(folder, 'recipe.yaml'), JSON.stringify({ name, extends: parent, steps }));
  const npm = { name, version: '1.0.0', private: true };
  await writeFile(join(folder, 'package.json'), JSON.stringify(npm));
  return folder;
}

/** Builds a recipe of Arch Linux from the miniature of the run. */
export async function buildArch(recipe: string, output: string): Promise<void> {
  await using mirror = await serveRepositories((await miniature()).folder);
  await build(recipe, output, '--mirror', mirror.url);
}

/** The shipped recipe, with the keyring of the miniature in the place of Arch's own. @param steps changes besides */
export async function writeArch(home: string, steps: readonly object[] = []): Promise<string> {
  const { key } = await miniature();
  return writeExtending(home, 'arch', [{ name: 'pacstrap', with: { keyring: key.keyring } }, ...steps]);
}

/** Path of the release of the recipe of Ubuntu, from the miniature of the run and with its keyring. */
export async function ubuntuRelease(): Promise<string> {
  const out = await shared('out-ubuntu', async (partial) => {
    await using archive = await ubuntuArchive();
    const bootstrap = { name: 'debootstrap', with: { keyring: archive.keyring } };
    const recipe = await writeExtending(partial, 'ubuntu-noble', [bootstrap]);
    await build(recipe, partial, '--mirror', archive.url);
  });
  return join(out, 'ubuntu-noble', 'latest');
}

/** A release of the recipe of client-recipe.ts, without a proof. */
export async function clientRelease(): Promise<Release> {
  const out = await shared('out-client', async (partial) =>
    build(await writeClientRecipe(partial, 'client'), partial),
  );
  return readRelease(join(out, 'client', 'latest'));
}

/** The same with an SSH server, which lets nobody in. */
export async function clientReleaseWithSsh(): Promise<Release> {
  const out = await shared('out-ssh', async (partial) =>
    build(await writeClientRecipe(partial, 'ssh', { packages: ['openssh-server'] }), partial),
  );
  return readRelease(join(out, 'ssh', 'latest'));
}

/** The same, of which all clients share one LUN. */
export async function sharedClientRelease(): Promise<Release> {
  const out = await shared('out-kiosk', async (partial) =>
    build(await writeClientRecipe(partial, 'kiosk', { disk: { overlay: 'tmpfs' } }), partial),
  );
  return readRelease(join(out, 'kiosk', 'latest'));
}

/** The same for several paths to its LUN. @param name of the recipe */
export async function multipathRelease(
  name = 'paths',
  more: Pick<ClientRecipe, 'suite' | 'disk'> = {},
): Promise<Release> {
  const out = await shared(`out-${name}`, async (partial) =>
    build(await writeClientRecipe(partial, name, { ...more, initiator: { multipath: true } }), partial),
  );
  return readRelease(join(out, name, 'latest'));
}

/** The same whose root is in a tagged VLAN of its boot NIC, with the id {@link VLAN}. @param name of the recipe */
export async function vlanRelease(
  name = 'vlan',
  { network, ...more }: Pick<ClientRecipe, 'suite' | 'steps' | 'network'> = {},
): Promise<Release> {
  const wishes = { ...more, network: { vlan: VLAN, ...network } };
  const out = await shared(`out-${name}`, async (partial) =>
    build(await writeClientRecipe(partial, name, wishes), partial),
  );
  return readRelease(join(out, name, 'latest'));
}

export const VLAN = 42;

/** The same with an initramfs by dracut. @param name of the recipe */
export async function dracutRelease(
  name = 'dracut',
  more: Pick<ClientRecipe, 'suite' | 'disk'> = {},
): Promise<Release> {
  const out = await shared(`out-${name}`, async (partial) =>
    build(await writeClientRecipe(partial, name, { ...more, generator: 'dracut' }), partial),
  );
  return readRelease(join(out, name, 'latest'));
}

/** A release of the recipe of pi-recipe.ts, without a proof. */
export async function piRelease(): Promise<Release> {
  const out = await shared('out-pi', async (partial) => build(await writePiRecipe(partial, 'pi'), partial));
  return readRelease(join(out, 'pi', 'latest'));
}

/** A release of the recipe for Raspberry Pi OS, of an image that stands in for it, without a proof. */
export async function piOsRelease(): Promise<Release> {
  const out = await shared('out-pi-os', async (partial) => {
    const made = join(partial, 'image');
    await mkdir(made);
    await build(
      await writePiOsRecipe(partial, 'pi-os', await makePiOsImage(await piRelease(), made)),
      partial,
    );
  });
  return readRelease(join(out, 'pi-os', 'latest'));
}

async function build(recipe: string, output: string, ...options: string[]): Promise<void> {
  // One for all of them, so that they share the steps that they have in common.
  const places = ['--output', output, '--workspace', join(inject('shared'), 'workspace')];
  const { exitCode, stdout, stderr } = await lunsmith(['build', recipe, ...places, ...options]);
  if (exitCode !== 0) throw new Error(`${recipe} was not built:\n${stdout.slice(-4000)}\n${stderr}`);
}
