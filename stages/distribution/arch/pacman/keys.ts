/** GnuPG's folder of pacman, as pacman-key(8) makes it of a keyring: a key of its own signs those that it trusts. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../../../base/failure.js';
import type { Ports } from '../../../../base/ports.js';
import { removeLeftBehind, touch } from '../../prune.js';
import { pacmanConfig } from './config.js';
import { fingerprintsOf, type Keyring } from './keyring.js';

const GPG_CONF = [
  'no-greeting',
  'no-permission-warning',
  'disable-dirmngr',
  'auto-key-locate local',
  '',
].join('\n');

/** @param folder with the keyring in it @throws Failure of kind `signature` for a file that gpg(1) cannot read */
async function listKeys(run: Ports['run'], keyring: Keyring, folder: string): Promise<ListedKey[]> {
  const { stdout } = await run(
    ['gpg', '--homedir', folder, '--batch', '--with-colons', '--show-keys', join(folder, 'lunsmith.gpg')],
    { doing: `read the keyring ${keyring.file}`, quiet: true, okExitCodes: [0, 2] },
  );
  const keys = parseKeys(stdout);
  if (keys.length > 0) return keys;
  throw new Failure('signature', {
    what: `The keyring ${keyring.file} holds no key.`,
    expected: 'OpenPGP keys, as `gpg --export` writes them',
    hint: 'It may be cut short: take it anew, or name another one in `keyring`.',
  });
}

/**
 * Fingerprints and how far each is trusted, as gpg(1) imports them: 4 is marginally. Without a file that says so it is all keys
 * that are valid.
 * @throws Failure of kind `signature` when none is
 */
function trustOf(keyring: Keyring, keys: readonly ListedKey[]): string {
  const given = textOf(keyring, '-trusted');
  if (given !== undefined) {
    const lines = given.split('\n').filter((line) => isKnown(fingerprintsOf(line)[0], keys));
    if (lines.length > 0) return `${lines.join('\n')}\n`;
    throw new Failure('signature', {
      what: `No key that is trusted is in the keyring ${keyring.file}.`,
      expected: `a key that ${keyring.file.replace(/\.(gpg|asc)$/, '')}-trusted names`,
      found: keys.map(({ fingerprint }) => fingerprint).join(', '),
      hint: 'Both files belong to one keyring: take them from the same package.',
    });
  }
  const valid = keys.filter(({ refusal }) => refusal === undefined);
  if (valid.length > 0) return valid.map(({ fingerprint }) => `${fingerprint}:4:\n`).join('');
  throw new Failure('signature', {
    what: `No key of the keyring ${keyring.file} is valid.`,
    found: keys.map((each) => `${each.fingerprint} ${each.refusal}`).join('; '),
    hint: 'A newer keyring may have prolonged them: name it in `keyring`.',
  });
}

function textOf({ parts }: Keyring, part: '-trusted' | '-revoked'): string | undefined {
  const bytes = parts.get(part);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

function isKnown(fingerprint: string | undefined, keys: readonly ListedKey[]): boolean {
  return keys.some((each) => each.fingerprint === fingerprint);
}

export interface ListedKey {
  readonly fingerprint: string;
  /** Why it is of no use, if it is: `has expired`. */
  readonly refusal: string | undefined;
}

const REFUSALS: Readonly<Record<string, string>> = { e: 'has expired', r: 'is revoked' };

/** Primary keys of a listing by `gpg --with-colons` (doc/DETAILS of GnuPG). */
export function parseKeys(listing: string): ListedKey[] {
  const keys: ListedKey[] = [];
  let refusal: string | undefined;
  let primary = false;
  for (const fields of listing.split('\n').map((line) => line.split(':'))) {
    if (fields[0] === 'pub') {
      primary = true;
      refusal = REFUSALS[fields[1] ?? ''];
    } else if (fields[0] === 'fpr' && primary) {
      keys.push({ fingerprint: fields[9] ?? '', refusal });
      primary = false;
    }
  }
  return keys;
}

/**
 * Makes GnuPG's folder for pacman. Its sockets need a short path, so that it is made elsewhere and moved.
 * @param to absolute path; it must not exist
 */
export async function makeKeys(run: Ports['run'], keyring: Keyring, to: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'keys-'));
  try {
    const home = join(work, 'gnupg');
    for (const [part, content] of keyring.parts) await writeFile(join(work, `lunsmith${part}`), content);
    const keys = await listKeys(run, keyring, work);
    const trusted = trustOf(keyring, keys);
    const revoked = fingerprintsOf(textOf(keyring, '-revoked') ?? '').filter((each) => isKnown(each, keys));
    const config = join(work, 'pacman.conf');
    await writeFile(config, pacmanConfig({ root: work, database: work, keys: home, work, repositories: [] }));
    const doing = { doing: 'make the keyring of pacman', quiet: true };
    const key = (...operation: string[]) =>
      run(['pacman-key', '--config', config, '--gpgdir', home, ...operation], doing);
    const gpg = (operation: readonly string[], input = '') =>
      run(['gpg', '--homedir', home, '--batch', '--quiet', ...operation], { ...doing, input });
    await key('--init');
    // No key comes from anywhere else, whatever pacman is asked to confirm.
    await writeFile(join(home, 'gpg.conf'), GPG_CONF);
    await gpg(['--import', join(work, 'lunsmith.gpg')]);
    const owners = fingerprintsOf(trusted);
    if (owners.length > 0) await key('--lsign-key', ...owners);
    if (owners.length > 0) await gpg(['--import-ownertrust'], trusted);
    for (const each of revoked)
      await gpg(['--command-fd', '0', '--no-tty', '--edit-key', each], 'disable\nquit\n');
    await run(['gpgconf', '--homedir', home, '--kill', 'all'], { doing: 'end the keys’ agent', quiet: true });
    await rm(join(home, 'random_seed'), { force: true });
    await run(['cp', '--recursive', '--preserve=mode', home, to], { doing: 'keep the keyring', quiet: true });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Makes the folder once for all resolutions. @param state folder that is kept @returns its absolute path */
export async function keptKeys(run: Ports['run'], keyring: Keyring, state: string): Promise<string> {
  const folder = join(state, 'pacman-keys');
  const final = join(folder, keyring.digest.slice(0, 16));
  await mkdir(folder, { recursive: true });
  if (await exists(join(final, 'trustdb.gpg'))) {
    await touch(final);
    return final;
  }
  await removeLeftBehind(folder, 'new-');
  const made = await mkdtemp(join(folder, 'new-'));
  try {
    await makeKeys(run, keyring, join(made, 'keys'));
    await rename(join(made, 'keys'), final).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await exists(join(final, 'trustdb.gpg')))) throw error;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return final;
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
