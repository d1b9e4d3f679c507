/** Packages of Debian 12, fetched and checked by the host's apt into a folder of their own. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptConfig } from '../../../stages/distribution/debian/apt/config.js';
import { DEBIAN } from '../../../stages/distribution/debian/apt/vendor.js';
import { archiveOfDebian } from '../archive.js';

export interface Deb {
  /** Absolute path. */
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly source: string;
  /** Names of packages that it depends on, the first of alternatives. */
  readonly depends: readonly string[];
}

/** The packages and all that they depend on, by name. @param folder where they are kept */
export async function fetchDebs(names: readonly string[], folder: string): Promise<Deb[]> {
  const mirror = await archiveOfDebian();
  const at = (path: string) => join(folder, path);
  await mkdir(at('lists/partial'), { recursive: true });
  await mkdir(at('archives/partial'), { recursive: true });
  await writeFile(at('sources.list'), `deb [signed-by=${DEBIAN.keyring}] ${mirror.main} bookworm main\n`);
  await writeFile(at('status'), '');
  const places = { sources: at('sources.list'), lists: at('lists'), status: at('status') };
  await writeFile(
    at('apt.conf'),
    aptConfig({ architecture: 'amd64', ...places, work: folder, cache: at('cache.bin') }),
  );
  const env = { APT_CONFIG: at('apt.conf') };
  await execa('apt-get', ['update', '--error-on=any'], { env });
  await execa('apt-get', ['install', '--yes', '--no-install-recommends', '--download-only', ...names], {
    env,
  });
  const files = (await readdir(at('archives'))).filter((name) => name.endsWith('.deb')).sort();
  return Promise.all(files.map((name) => describeDeb(join(at('archives'), name))));
}

async function describeDeb(file: string): Promise<Deb> {
  const { stdout } = await execa('dpkg-deb', ['--field', file]);
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stdout)?.[1] ?? '';
  const name = field('Package');
  const relations = [field('Pre-Depends'), field('Depends')].join(',').split(',');
  return {
    file,
    name,
    version: field('Version'),
    source: field('Source').split(' ')[0] || name,
    depends: relations.flatMap((relation) => /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(relation)?.[1] ?? []),
  };
}
