/** `lunsmith client add` and `client rm` in the site file. */
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Site } from '../../artifacts/publish/site.js';
import { addClient, removeClient } from '../../pipeline/site/client-text.js';
import { parseSite, readSite } from '../../pipeline/site/load.js';
import type { Session } from '../session.js';
import type { SiteOptions } from './open.js';

/** What a client is, as options of `client add` say it. */
const WRITTEN = ['host', 'mac', 'serial', 'uuid', 'channel', 'size', 'secret'] as const;

export type WrittenFacts = Readonly<Partial<Record<(typeof WRITTEN)[number], string | undefined>>>;

export interface ClientFileOptions extends SiteOptions {
  readonly dryRun?: true | undefined;
}

/**
 * The site with the client that the options describe; without such options as it is.
 * @throws Failure of kind `usage` when the site would not be valid with it; then the file stays as it is
 */
export async function addToSite(
  { terminal }: Session,
  name: string,
  options: WrittenFacts & ClientFileOptions,
): Promise<Site> {
  const source = await readSite(terminal.cwd, options.site);
  const facts = WRITTEN.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]] as const]));
  if (facts.length === 0) return parseSite(source);
  // What is wrong with the file as it is shall not be told of the new client.
  parseSite(source);
  const text = addClient(
    source.text,
    name,
    Object.fromEntries(facts) as unknown as Parameters<typeof addClient>[2],
  );
  const site = parseSite({ ...source, text });
  if (options.dryRun !== true) await replace(source.path, text);
  return site;
}

/** Takes the client's entry out of the file, if it has one. */
export async function forgetInSite({ terminal }: Session, name: string, options: SiteOptions): Promise<void> {
  const source = await readSite(terminal.cwd, options.site);
  if (!parseSite(source).clients.some((client) => client.name === name)) return;
  await replace(source.path, removeClient(source.text, name));
}

async function replace(path: string, text: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, text, { mode: (await stat(path)).mode & 0o777 });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
