/** Files that are not what the state says: edited, missing, or not in it. */
import { posix } from 'node:path';
import type { BootFile, ClientAccount } from '../boot-files/boot-file.js';
import type { TargetHost } from '../host/host.js';
import { firstDifference, type LineDifference } from './difference.js';
import { type ExpectedFolder, sha256Of } from './expected.js';
import { type Finding, repairHint } from './finding.js';
import type { Entries, Entry } from './survey.js';

/** Pure: paths relative to the root, of those that are expected and of those that are not. */
export interface Drift {
  readonly edited: readonly { readonly path: string; readonly file: BootFile; readonly entry: Entry }[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

export function driftOf({ folder, files }: ExpectedFolder, entries: Entries): Drift {
  const expected = new Map(files.map((file) => [posix.join(folder, file.path), file]));
  const edited: Drift['edited'][number][] = [];
  const missing: string[] = [];
  for (const [path, file] of expected) {
    const entry = entries.get(path);
    if (entry === undefined) missing.push(path);
    else if (!isSame(file, entry)) edited.push({ path, file, entry });
  }
  const unexpected = [...entries].flatMap(([path, { type }]) =>
    path.startsWith(`${folder}/`) && type !== 'folder' && !expected.has(path) ? [path] : [],
  );
  return { edited, missing, unexpected: unexpected.sort() };
}

function isSame({ content }: BootFile, { link, sha256 }: Entry): boolean {
  return 'link' in content ? link === content.link : sha256 === sha256Of(content);
}

export interface FilesContext {
  readonly host: TargetHost;
  readonly entries: Entries;
  readonly accounts: ReadonlyMap<string, ClientAccount>;
}

/** @param expected of `http/` or `conf/` */
export async function fileFindings(expected: ExpectedFolder, context: FilesContext): Promise<Finding[]> {
  const { edited, missing, unexpected } = driftOf(expected, context.entries);
  const at = (path: string) => posix.join(context.host.facts.root, path);
  const findings: Finding[] = missing.map((path) => ({
    level: 'error',
    about: 'files',
    what: 'A file is missing.',
    where: at(path),
    expected: 'the file that the state of the host says',
    found: 'nothing',
    hint: repairHint(context.host.facts.name),
  }));
  for (const each of edited) findings.push(await editedFinding(each, context));
  return [
    ...findings,
    ...unexpected.map(
      (path): Finding => ({
        level: 'warning',
        about: 'files',
        what: 'A file is none of ours.',
        where: at(path),
        expected: 'the files that the state of the host says, and no others',
        found: 'another file',
        hint: 'Move it away; the next change of the host removes it.',
      }),
    ),
  ];
}

export async function editedFinding(
  { path, file, entry }: Drift['edited'][number],
  { host, accounts }: FilesContext,
): Promise<Finding> {
  const where = posix.join(host.facts.root, path);
  const words = {
    level: 'error',
    about: 'files',
    hint: `Somebody edited it. ${repairHint(host.facts.name)}`,
  } as const;
  if ('link' in file.content) {
    const found = entry.type === 'link' ? `a link to ${entry.link}` : `no link, but a ${entry.type}`;
    return {
      ...words,
      what: 'A link leads elsewhere.',
      where,
      expected: `a link to ${file.content.link}`,
      found,
    };
  }
  const difference =
    'text' in file.content ? await textDifference(where, file.content.text, host, accounts) : undefined;
  const changed = { ...words, what: 'A file is not what the state of the host says.' };
  if (difference === undefined)
    return { ...changed, where, expected: 'the bytes that follow from the state', found: 'other bytes' };
  const { line, expected, found } = difference;
  return { ...changed, where: `${where}, line ${line}`, expected, found };
}

async function textDifference(
  path: string,
  expected: string,
  host: TargetHost,
  accounts: FilesContext['accounts'],
): Promise<LineDifference | undefined> {
  const found = await host.read(path);
  return found === undefined ? undefined : firstDifference(expected, found, accounts.values());
}
