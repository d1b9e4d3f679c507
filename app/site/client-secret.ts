/** CHAP secrets of clients: read where the site says, and made there when the user asks for it. */
import { randomBytes } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Failure } from '../../base/failure.js';
import { nearestFolder } from '../../base/writable.js';
import { resolveChap } from '../../hosts/site/chap.js';
import type { ClientFacts, Site } from '../../hosts/site/facts.js';

export interface SecretOptions {
  /** Make those whose file is not there. */
  readonly makeSecrets?: true | undefined;
  readonly dryRun?: true | undefined;
}

export interface ClientSecrets {
  /** @throws Failure as {@link resolveChap} */
  readonly of: (client: ClientFacts) => Promise<string>;
  /** One line for each that was made, or would be; never a secret. */
  readonly lines: readonly string[];
}

/** The file is 0600, and a folder that is made for it 0700; what is there already stays as it is. */
export function clientSecrets(site: Pick<Site, 'folder'>, options: SecretOptions): ClientSecrets {
  const lines: string[] = [];
  /** By path; in a dry run nothing of them lies there. */
  const before = new Map<string, string>();
  const of = async ({ name, secret }: ClientFacts): Promise<string> => {
    const path = options.makeSecrets === true ? await missingFile(secret, site.folder) : undefined;
    if (path === undefined) return resolveChap(secret, site.folder);
    const known = before.get(path);
    if (known !== undefined) return known;
    const made = randomBytes(8).toString('hex');
    before.set(path, made);
    await requireFolder(path);
    if (options.dryRun !== true) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx' });
    }
    lines.push(`client ${name}: its CHAP secret is made, in ${path}`);
    return made;
  };
  return { of, lines };
}

/** @throws Failure of kind `usage` when no file can be made there */
async function requireFolder(path: string): Promise<void> {
  const { folder, refused } = await nearestFolder(dirname(path));
  if (refused === undefined) return;
  throw new Failure('usage', {
    what: `The secret ${path} cannot be made.`,
    expected: `a folder in which a file can be written: ${folder}`,
    found: refused,
    hint: 'Let this user write there, or give the client another `secret` in lunsmith.yaml.',
  });
}

async function missingFile(reference: string, folder: string): Promise<string | undefined> {
  if (!reference.startsWith('file:')) return undefined;
  const path = resolve(folder, reference.slice('file:'.length));
  return stat(path).then(
    () => undefined,
    (error: unknown) =>
      ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '') ? path : undefined,
  );
}
