/** The contents of the files that the site has for clients, read at the moment of use. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../base/failure.js';
import { resolveSecret } from '../../base/secret.js';
import { slashesMeant } from '../../base/suggest.js';
import type { LookOptions } from '../../hosts/apply.js';
import type { ClientFile, Site } from '../../hosts/site/facts.js';

/** Bytes of all files of a client: its firmware loads them with the initramfs, and each change reads those of all clients. */
const MOST_BYTES = 256 * 1024;

/** @throws Failure of kind `usage` for what cannot be read, and for more than an archive takes; it shows no content */
export function clientFiles({ folder }: Pick<Site, 'folder'>): LookOptions['files'] {
  return async ({ name, files = [] }) => {
    const contents: Record<string, string> = {};
    let bytes = 0;
    for (const file of files) {
      const content = await contentOf(name, file, folder);
      bytes += content.length;
      if (bytes > MOST_BYTES) throw tooMuch(name, file);
      contents[file.path] = content.toString('base64');
    }
    return contents;
  };
}

async function contentOf(
  client: string,
  { path, content, source, secret }: ClientFile,
  folder: string,
): Promise<Buffer> {
  if (content !== undefined) return Buffer.from(content);
  if (secret !== undefined) {
    const text = await resolveSecret(secret, folder).catch((error: unknown) => {
      throw error instanceof Failure ? new Failure('usage', error.diagnostics, { cause: error }) : error;
    });
    // What is no UTF-8 has been read as this.
    if (text.includes('\uFFFD')) {
      throw new Failure('usage', {
        what: `The secret of ${path} of ${client} is no text.`,
        expected: 'UTF-8',
        hint: 'Say `source` in its place, with `mode: "0600"`: its bytes stay as they are, and are kept as a secret is.',
      });
    }
    return Buffer.from(`${text}\n`);
  }
  const from = resolve(folder, source ?? '');
  const refused = (found: string) =>
    new Failure('usage', {
      what: `The file ${path} of ${client} cannot be read.`,
      expected: `a file ${from} of at most ${MOST_BYTES / 1024} KiB`,
      found,
      ...slashesMeant(source ?? ''),
    });
  const info = await stat(from).catch((error: unknown) => {
    throw refused((error as NodeJS.ErrnoException).code ?? 'nothing');
  });
  if (!info.isFile()) throw refused('something else than a file');
  if (info.size > MOST_BYTES) throw refused(`${info.size} bytes`);
  return await readFile(from).catch((error: unknown) => {
    throw refused((error as NodeJS.ErrnoException).code ?? 'nothing');
  });
}

function tooMuch(name: string, { path }: ClientFile): Failure {
  return new Failure('usage', {
    what: `The files of ${name} are more than its archive takes.`,
    expected: `at most ${MOST_BYTES / 1024} KiB together`,
    found: `more, with ${path}`,
    hint: 'Put what all clients share into the image.',
  });
}
