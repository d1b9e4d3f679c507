/** Signed package databases as repo-add(8) makes them, and keys that sign them. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

export interface TestKey {
  /** GnuPG's folder. */
  readonly home: string;
  /** Path of a keyring file with the public key. */
  readonly keyring: string;
}

/** @param expires as gpg(1) takes it: `0` never @param at the key's date, seconds since 1970; default now */
export async function makeKey(home: string, expires = '0', at?: number): Promise<TestKey> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const time = at === undefined ? [] : ['--faked-system-time', `${at}!`];
  const gpg = (...args: string[]) =>
    execa('gpg', ['--homedir', home, '--batch', '--quiet', ...time, ...args]);
  await gpg(
    '--passphrase',
    '',
    '--quick-generate-key',
    'Packager <packager@example.org>',
    'ed25519',
    'sign',
    expires,
  );
  // Beside the folder, which is private.
  const keyring = `${home}.gpg`;
  await gpg('--output', keyring, '--export');
  return { home, keyring };
}

/** Writes FILE.sig beside a file. @param at seconds since 1970; default now */
export async function signFile(key: TestKey, file: string, at?: number): Promise<void> {
  const time = at === undefined ? [] : ['--faked-system-time', `${at}!`];
  await rm(`${file}.sig`, { force: true });
  await execa('gpg', [
    ...['--homedir', key.home, '--batch', '--quiet', ...time],
    ...['--detach-sign', '--output', `${file}.sig`, file],
  ]);
}

export interface RepositoryWishes {
  /** Signs the database; undefined: it has no signature. */
  readonly databaseKey: TestKey | undefined;
  /** Default now, seconds since 1970. */
  readonly at?: number;
}

/**
 * Makes `NAME.db` and its signature of all packages in a folder, whose signatures lie beside them.
 * @param folder `…/NAME/os/x86_64`
 */
export async function makeDatabase(folder: string, name: string, wishes: RepositoryWishes): Promise<void> {
  for (const file of await readdir(folder)) {
    if (file.startsWith(`${name}.`)) await rm(join(folder, file));
  }
  const packages = (await readdir(folder)).filter((file) => file.endsWith('.pkg.tar.zst')).sort();
  const database = `${name}.db.tar.gz`;
  await execa('repo-add', ['--quiet', '--nocolor', database, ...packages], { cwd: folder });
  await rm(join(folder, `${name}.db`));
  await rename(join(folder, database), join(folder, `${name}.db`));
  if (wishes.databaseKey !== undefined)
    await signFile(wishes.databaseKey, join(folder, `${name}.db`), wishes.at);
  // What pacman would ask for besides is not there: no list of files.
  await rm(join(folder, `${name}.files`), { force: true });
  await rm(join(folder, `${name}.files.tar.gz`), { force: true });
  await writeFile(join(folder, 'ready'), '');
}
