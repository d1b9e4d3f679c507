/** A small signed repository on the loopback, of packages that hold one file each. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePackage, type PackageAbout, packageFile } from './make-package.js';
import { makeDatabase, makeKey, signFile, type TestKey } from './repository.js';
import { serveRepositories, type TestMirror } from './server.js';

export interface SmallRepository extends TestMirror {
  /** Signs packages and database. */
  readonly key: TestKey;
  /** Folder of the packages. */
  readonly folder: string;
  /** Replaces all that the repository has. @param wishes default: all is signed by the key, now */
  publish(packages: readonly PackageAbout[], wishes?: PublishWishes): Promise<void>;
  /** Path of a package's file. */
  file(about: PackageAbout): string;
}

export interface PublishWishes {
  /** Of packages; default: the repository's. */
  readonly packageKey?: TestKey;
  /** Of the database; `none`: it has no signature. */
  readonly databaseKey?: TestKey | 'none';
  /** When signatures are made, seconds since 1970. */
  readonly at?: number;
}

/** The only repository is `core`. */
export async function smallRepository(): Promise<SmallRepository> {
  const home = await mkdtemp(join(tmpdir(), 'small-repository-'));
  const key = await makeKey(join(home, 'key'));
  const folder = join(home, 'mirror/core/os/x86_64');
  const mirror = await serveRepositories(join(home, 'mirror'));
  return {
    ...mirror,
    key,
    folder,
    file: (about) => join(folder, packageFile(about)),
    async publish(packages, { packageKey = key, databaseKey = key, at } = {}) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      for (const about of packages) {
        const tree = join(home, 'tree');
        await rm(tree, { recursive: true, force: true });
        await mkdir(join(tree, 'usr/share'), { recursive: true });
        await writeFile(join(tree, 'usr/share', about.name), `${about.name} ${about.version ?? '1-1'}\n`);
        await signFile(packageKey, await makePackage(about, tree, folder), at);
      }
      const signs = databaseKey === 'none' ? undefined : databaseKey;
      await makeDatabase(folder, 'core', { databaseKey: signs, ...(at === undefined ? {} : { at }) });
    },
    [Symbol.asyncDispose]: async () => {
      await mirror[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}
