/** Releases of the shipped recipes, each made once in a run of the suite by the command line: built twice, and the same. */
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Release, readRelease } from '../../artifacts/release/release.js';
import { type CliOptions, type CliResult, lunsmith } from './cli.js';
import { shared } from './shared.js';

/** Path of the release of a shipped recipe, built as the user who runs the tests. */
export async function shippedRelease(recipe: 'debian-bookworm' | 'debian-trixie'): Promise<string> {
  const out = await shared(`out-${recipe}`, async (partial) => {
    const result = await build(`recipes/${recipe}`, partial);
    if (result.exitCode !== 0)
      throw new Error(`build failed:\n${result.stdout.slice(-4000)}\n${result.stderr}`);
  });
  return join(out, recipe, 'latest');
}

/** The release of Debian 12 with a proof for BIOS, as the gates of target hosts in tests demand it. */
export async function provenRelease(): Promise<Release> {
  const path = await shippedRelease('debian-bookworm');
  const release = await readRelease(path);
  // Where the whole boot matrix ran before, it is proven already.
  if (release.proofs.length > 0) return release;
  const workspace = join(inject('shared'), 'workspace');
  const cell = ['--firmware', 'bios', '--path', 'san', '--workspace', workspace];
  const result = await lunsmith(['prove', path, ...cell]);
  if (result.exitCode !== 0) throw new Error(`no proof:\n${result.stdout.slice(-4000)}\n${result.stderr}`);
  return readRelease(path);
}

/** A build with a workspace beside the output, as JSON events. */
async function build(recipe: string, folder: string, options?: CliOptions): Promise<CliResult> {
  const workspace = join(inject('shared'), 'workspace');
  const places = ['--output', folder, '--workspace', workspace];
  return lunsmith(['build', recipe, ...places, '--twice', '--json'], options);
}
