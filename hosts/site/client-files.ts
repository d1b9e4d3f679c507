/** Files of clients' own in the site: for all its clients, and for one. They reach the system by the client's small archive. */
import { z } from 'zod';
import { MOUNT_POINTS } from '../../artifacts/formats/client-part.js';
import type { ClientFile, ClientImage } from './facts.js';
import type { Findings } from './findings.js';

/** One script of the initramfs takes all of them, and each is a mount. */
const MOST_FILES = 64;
const LONGEST_PATH = 255;

/** The systems mount something of their own there, or keep it in memory. */
const HIDDEN = [
  ...['/dev', '/proc', '/run', '/sys', '/tmp', '/var/lock', '/var/run'],
  ...['/etc/mtab', MOUNT_POINTS],
];

const fileSchema = z.strictObject({
  path: z
    .string()
    .max(LONGEST_PATH)
    .regex(
      /^(?![^]*\/\.{1,2}(?:\/|$))(?:\/[^/\p{Cc}\\]+)+(?<!\s)$/u,
      'an absolute path in the booted system without `.` and `..`, such as `/etc/motd`',
    )
    .refine(
      (path) => !HIDDEN.some((folder) => path === folder || path.startsWith(`${folder}/`)),
      `no file of a client can lie in ${HIDDEN.join(', ')}: a running system has others there`,
    )
    .describe('Absolute path in the booted system.'),
  content: z.string().optional().describe('The text of the file.'),
  source: z.string().min(1).optional().describe('A file to read, relative to this one.'),
  secret: z
    .string()
    .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'a reference, `env:NAME` or `file:PATH`')
    .optional()
    .describe(
      'Reference to a text that nobody else may read: `env:NAME` or `file:PATH`. The file has a line end after it.',
    ),
  owner: z
    .string()
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
      '`user:group`, by names of the booted system or by numbers',
    )
    .default('root:root')
    .describe('Owner, `user:group` by names of the booted system or by numbers.'),
  mode: z
    .string()
    .regex(/^[0-7]{3,4}$/, 'octal permission bits in quotes, such as `"0644"`')
    .optional()
    .describe('Permission bits in quotes. Default: `"0644"`, and `"0600"` of a `secret`.'),
});

export const clientFilesSchema = z
  .array(fileSchema)
  .max(MOST_FILES)
  .default([])
  .describe(
    'Files that lie in the booted system, each with one of `content`, `source` and `secret`: [clients.md](clients.md#name-and-files-of-a-client).',
  );

type WrittenFile = z.output<typeof fileSchema>;

/**
 * Those of a client, in an order that says nothing. A client that cannot be handed any gets none of the whole site's.
 * @param all those of the whole site @param files the client's own, each of which takes the place of one of them
 */
export function filesOf(
  name: string,
  { all, files }: { readonly all: readonly WrittenFile[]; readonly files: readonly WrittenFile[] },
  images: readonly ClientImage[],
  findings: Findings,
): readonly ClientFile[] {
  const path = ['clients', name];
  const other = images.find(({ boot }) => boot === 'san');
  const paths = files.map((file) => file.path);
  const shared = other === undefined ? all.filter((file) => !paths.includes(file.path)) : [];
  const merged = [...shared, ...files];
  checkFiles(files, [...path, 'files'], findings, shared);
  if (merged.length > MOST_FILES) {
    findings.add([...path, 'files'], {
      what: `Client \`${name}\` has more files than one archive takes.`,
      expected: `at most ${MOST_FILES}, those of the whole site among them`,
      found: String(merged.length),
    });
  }
  if (files.length > 0 && other !== undefined) {
    findings.add([...path, 'files'], {
      what: `Client \`${name}\` can be handed no files: ${
        other.blank === true
          ? 'a system that installs itself has an initramfs of its own, or none'
          : 'the boot loader on its LUN loads an initramfs that is the same for all'
      }.`,
      expected: '`boot: direct` for all its images, or `boot: tftp` of a Raspberry Pi',
      found: other.blank === true ? '`blank`' : '`boot: san`',
    });
  }
  return merged.map(fileOf).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Each has one content, and a path of its own, which leads through none of the others. @param others that the client has besides */
export function checkFiles(
  files: readonly WrittenFile[],
  path: readonly (string | number)[],
  findings: Findings,
  others: readonly WrittenFile[] = [],
): void {
  files.forEach((file, index) => {
    const contents = (['content', 'source', 'secret'] as const).filter((key) => file[key] !== undefined);
    if (contents.length !== 1) {
      findings.add([...path, index], {
        what: contents.length === 0 ? 'The file has no content.' : 'The file has more than one content.',
        expected: 'one of `content`, `source` and `secret`',
        found: contents.length === 0 ? 'none' : contents.map((key) => `\`${key}\``).join(' and '),
      });
    }
    if (files.findIndex((each) => each.path === file.path) < index) {
      findings.add([...path, index, 'path'], {
        what: `The file \`${file.path}\` stands twice.`,
        hint: 'Keep one of them.',
      });
    }
    const above = [...files, ...others].find((each) => isBelow(file, each));
    const below = others.find((each) => isBelow(each, file));
    if (above !== undefined || below !== undefined) {
      const [folder, inside] = above === undefined ? [file, below] : [above, file];
      findings.add([...path, index, 'path'], {
        what: `\`${folder.path}\` cannot be a file and have \`${inside?.path}\` in it.`,
        hint: 'Take one of them out, or choose another path.',
      });
    }
  });
}

const isBelow = (file: WrittenFile, folder: WrittenFile) => file.path.startsWith(`${folder.path}/`);

/** With what follows where nothing is said. */
export function fileOf({ path, content, source, secret, owner, mode }: WrittenFile): ClientFile {
  return {
    path,
    owner: owner.includes(':') ? owner : `${owner}:root`,
    mode: (mode ?? (secret === undefined ? '0644' : '0600')).padStart(4, '0'),
    ...(content === undefined ? {} : { content }),
    ...(source === undefined ? {} : { source }),
    ...(secret === undefined ? {} : { secret }),
  };
}
