/** What a check can tell of files that come from a file system or a checkout of another kind of machine. Changes nothing. */
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { shownName, utf8Name } from '../../base/utf8-name.js';
import type { StageFinding } from '../../pipeline/stage.js';
import { readGitIndex } from './git-index.js';

/** Bytes that are looked at; a script has its first line in them, and a text its line ends. */
const HEAD = 4096;
/** Files that are named in one finding. */
const NAMED = 3;

interface RegularFile {
  /** `/etc/motd`: below the folder. */
  readonly path: string;
  readonly executable: boolean;
  readonly head: Buffer;
}

/** Whether the first line of a script ends as on Windows: then the kernel looks for an interpreter of another name. */
export function firstLineHasReturn(path: string): boolean {
  const head = headOf(path);
  const end = head.indexOf('\n');
  return end > 0 && head[end - 1] === 13;
}

/** File names of no UTF-8: by their text they cannot be opened. @param folder absolute path of `source` */
export function namesNotUtf8(folder: string, path: StageFinding['path']): StageFinding[] {
  const names = notUtf8Below(folder);
  if (names.length === 0) return [];
  return [
    {
      path,
      what: `${counted(names.length, 'file name is', 'file names are')} not UTF-8.`,
      found: shortened(names.map(shownName)),
      hint: 'Rename the files. A `run` step can give a file of the image any name.',
    },
  ];
}

function notUtf8Below(folder: string): Buffer[] {
  return readdirSync(folder, { encoding: 'buffer' }).flatMap((name) => {
    const text = utf8Name(name);
    if (text === undefined) return [name];
    const path = join(folder, text);
    return lstatSync(path).isDirectory() ? notUtf8Below(path) : [];
  });
}

/** Text files with carriage returns, and a file system in which every file is a program. @param folder absolute path of `source` */
export function foreignFiles(folder: string, path: StageFinding['path'], asked: boolean): StageFinding[] {
  const all = regularFiles(folder);
  const findings: StageFinding[] = [];
  const returns = all.filter(({ head }) => isText(head) && head.includes('\r\n'));
  if (returns.length > 0) {
    findings.push({
      path,
      warning: true,
      what: `${counted(returns.length, 'text file has', 'text files have')} carriage returns at the ends of lines: ${named(returns)}.`,
      expected: 'lines that end in a line feed alone, as Linux reads them',
      hint: 'git makes them on Windows: put `* text=auto eol=lf` into .gitattributes and check the files out anew.',
    });
  }
  if (!asked && all.length > 1 && all.every(({ executable }) => executable) && !all.every(isProgram)) {
    const programs = inGit(folder) ?? all.filter(isProgram).map(({ path: program }) => program);
    findings.push({
      path,
      warning: true,
      what: 'Every file here is executable, as on a file system without modes (CIFS, NTFS): the release would differ from that of another checkout.',
      expected: 'modes in the recipe, which hold on every file system',
      found: named(all.filter((file) => !isProgram(file))),
      hint: `Say in the step which ones are programs: modes: { executable: [${programs.join(', ')}] }`,
    });
  }
  return findings;
}

function isProgram({ head }: RegularFile): boolean {
  return head.subarray(0, 2).toString() === '#!' || head.subarray(0, 4).toString('latin1') === '\x7fELF';
}

function isText(head: Buffer): boolean {
  return head.length > 0 && !head.includes(0);
}

function regularFiles(folder: string): RegularFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return {
        path: `/${relative(folder, path).split(sep).join('/')}`,
        executable: (statSync(path).mode & 0o100) !== 0,
        head: headOf(path),
      };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function headOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEAD);
    return bytes.subarray(0, readSync(file, bytes, 0, HEAD, 0));
  } finally {
    closeSync(file);
  }
}

/** Which files below the folder git knows as executable; undefined where they are in no work tree, or git knows none of them. */
function inGit(folder: string): string[] | undefined {
  for (let top = folder; ; top = dirname(top)) {
    const index = join(top, '.git', 'index');
    if (existsSync(index)) {
      const prefix = `${relative(top, folder).split(sep).join('/')}/`;
      const below = readGitIndex(readFileSync(index))?.filter(({ path }) => path.startsWith(prefix)) ?? [];
      if (below.length === 0) return undefined;
      return below.filter(({ executable }) => executable).map(({ path }) => `/${path.slice(prefix.length)}`);
    }
    if (top === dirname(top)) return undefined;
  }
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function named(files: readonly RegularFile[]): string {
  return shortened(files.map(({ path }) => path));
}

function shortened(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
