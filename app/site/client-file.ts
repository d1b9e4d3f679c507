/** `lunsmith client add` and `client rm` in the site file. */
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../base/failure.js';
import { replaceFile } from '../../base/replace-file.js';
import { nearestFolder } from '../../base/writable.js';
import { clientEntry } from '../../hosts/site/client-entry.js';
import { addClient, removeClient } from '../../hosts/site/client-text.js';
import type { ClientFacts, Site } from '../../hosts/site/facts.js';
import { parseSite, readSite, type SiteText } from '../../hosts/site/load.js';
import type { Caller } from '../caller.js';
import type { SiteOptions } from './open.js';

/** What a client is, as options of `client add` say it. */
const WRITTEN = ['host', 'mac', 'serial', 'uuid', 'channel', 'size', 'secret'] as const;

export type WrittenFacts = Readonly<Partial<Record<(typeof WRITTEN)[number], string | undefined>>>;

/** Whether options say what a client is. */
export function describesClient(options: WrittenFacts): boolean {
  return WRITTEN.some((key) => options[key] !== undefined);
}

/** A change of the site file. It is made when the host has taken the change that it belongs to, and not before. */
export interface FileChange {
  /** In words. */
  readonly line: string;
  /** @throws Failure that says that the host has changed all the same */
  write(): Promise<void>;
}

export interface ChangedSite {
  /** As it is with the change. */
  readonly site: Site;
  /** Undefined when the file stays as it is. */
  readonly file?: FileChange;
}

/**
 * The site with the client that the options describe.
 * @throws Failure of kind `usage` when the site would not be valid with it
 */
export async function siteWithClient(
  caller: Pick<Caller, 'cwd'>,
  name: string,
  options: WrittenFacts & SiteOptions,
): Promise<ChangedSite> {
  const source = await readSite(caller.cwd, options.site);
  const facts = WRITTEN.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]] as const]));
  // What is wrong with the file as it is shall not be told of the new client.
  parseSite(source);
  await requireWritable(source);
  const edit = (text: string) =>
    addClient(text, name, Object.fromEntries(facts) as unknown as Parameters<typeof addClient>[2]);
  return {
    site: parseAsOptions(name, { ...source, text: edit(source.text) }),
    file: {
      line: `${source.file}: client ${name} is added`,
      write: () => rewrite(caller, options, edit),
    },
  };
}

/** What is wrong with the new entry is told of the options that it comes from: the file has no such line yet. */
function parseAsOptions(name: string, source: SiteText): Site {
  try {
    return parseSite(source);
  } catch (error) {
    const { kind, diagnostics } = Failure.from(error);
    const hint = `Say it by an option of \`client add\`. ${source.file} stays as it is.`;
    const [first, ...more] = diagnostics.map(({ place: _, path: __, what, ...rest }) => ({
      ...rest,
      what: `The client ${name} cannot be added like that. ${what}`,
      hint: rest.hint ?? hint,
    }));
    if (first === undefined) throw error;
    throw new Failure(kind, [first, ...more], { cause: error });
  }
}

/**
 * The site with entries that it had before, as hosts remember their clients.
 * @throws Failure of kind `usage` when the site would not be valid with them
 */
export async function siteWithEntries(
  caller: Pick<Caller, 'cwd'>,
  clients: readonly ClientFacts[],
  options: SiteOptions,
): Promise<ChangedSite> {
  const source = await readSite(caller.cwd, options.site);
  const site = parseSite(source);
  if (clients.length === 0) return { site };
  await requireWritable(source);
  const edit = (text: string) =>
    clients.reduce((before, facts) => addClient(before, facts.name, clientEntry(facts, site)), text);
  const names = clients.map(({ name }) => name);
  return {
    site: parseSite({ ...source, text: edit(source.text) }),
    file: {
      line: `${source.file}: ${namedWords(names)} added again`,
      write: () => rewrite(caller, options, edit),
    },
  };
}

/**
 * The site that still has the clients, and the removal of their entries.
 * @throws Failure of kind `usage` when the site would not be valid without them, or when its file cannot be written
 */
export async function siteWithoutClients(
  caller: Pick<Caller, 'cwd'>,
  names: readonly string[],
  options: SiteOptions,
): Promise<ChangedSite> {
  const source = await readSite(caller.cwd, options.site);
  const site = parseSite(source);
  const edit = (text: string) => names.reduce(removeClient, text);
  parseSite({ ...source, text: edit(source.text) });
  await requireWritable(source);
  return {
    site,
    file: {
      line: `${source.file}: ${namedWords(names)} removed`,
      write: () => rewrite(caller, options, edit),
    },
  };
}

function namedWords(names: readonly string[]): string {
  return names.length === 1 ? `client ${names[0]} is` : `clients ${names.join(', ')} are`;
}

/** Before the host is asked for anything: its change shall not be made when that of the file cannot be. */
export async function requireWritable({ path, file }: SiteText): Promise<void> {
  const { folder, refused } = await nearestFolder(dirname(await realpath(path)));
  if (refused === undefined) return;
  throw new Failure('usage', {
    what: `${file} cannot be changed, and nothing was.`,
    expected: `a folder in which a file can be written: ${folder}`,
    found: refused,
    hint: 'Let this user write there. Or change the file by hand, then run: npx lunsmith apply',
  });
}

/** The file is read again: it may have been edited while the host was busy. */
async function rewrite(
  { cwd }: Pick<Caller, 'cwd'>,
  { site }: SiteOptions,
  edit: (text: string) => string,
): Promise<void> {
  const source = await readSite(cwd, site);
  try {
    await replaceSite(source, edit(source.text));
  } catch (error) {
    const { kind, message } = unwritable(error);
    throw new Failure(
      kind,
      {
        what: `The target host is changed, but ${source.file} is not: it could not be written.`,
        found: message,
        hint: 'Mend that, then run the same command again.',
      },
      { cause: error },
    );
  }
}

/** The file that a link leads to, which keeps its mode. */
export async function replaceSite({ path: named }: SiteText, text: string): Promise<void> {
  const path = await realpath(named);
  await replaceFile(path, text, { mode: (await stat(path)).mode & 0o777 });
}

/** A disk that is full, or a file that this user may not change; what is a failure already stays what it is. */
export function unwritable(error: unknown): Pick<Failure, 'kind' | 'message'> {
  if (error instanceof Failure) return error;
  const { kind, message } = Failure.from(error);
  return {
    kind: kind === 'internal' ? 'usage' : kind,
    message: error instanceof Error ? error.message : message,
  };
}
