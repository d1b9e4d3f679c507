/** The first step of a root that is there already: a disk image, a tar or a tree becomes the root tree. */
import { existsSync, statSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { DiskSpec } from '../artifacts/formats/disk-spec.js';
import { sha256OfText } from '../base/digest.js';
import { Failure } from '../base/failure.js';
import { replaceFile } from '../base/replace-file.js';
import { defineStage, type RecipeFacts, type ResolveContext, type StageFinding } from '../pipeline/stage.js';
import { packageLists } from './distribution/debian/apt/lists.js';
import { recordSources } from './distribution/debian/apt/other-sources.js';
import { fieldOf, splitStanzas } from './distribution/debian/apt/stanza.js';
import { type AptWorld, preferred } from './distribution/debian/apt/world.js';
import { recordPackages } from './distribution/debian/dpkg.js';
import { resolveNative } from './distribution/debian/native/resolve.js';
import { packageKey } from './distribution/expected.js';
import { removeLeftBehind } from './distribution/prune.js';
import { archivesSchema, keyringFindings, keyringInputs, keyringOf, sourcesOf } from './import/archives.js';
import { openSource, readFrom } from './import/source.js';
import { foreignFolder, type ReadTree, requireSystem } from './import/system.js';
import { UNPACK_TOOLS } from './import/unpack.js';
import { WHOLE_ROOT } from './things.js';

const options = z.strictObject({
  from: z
    .string()
    .min(1)
    .describe(
      "A disk image with a GPT or MBR table (raw, or wrapped as `.xz`, `.zst`, `.gz`, `.zip` or qcow2), a tar, or a folder: a path on this host, or one relative to the recipe's folder. Of a running machine `npx lunsmith take` makes a tar.",
    ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex')
    .optional()
    .describe(
      'Digest of the file as it is, checked before anything is read. Required unless `from` is a folder.',
    ),
  partition: z
    .int()
    .min(1)
    .optional()
    .describe('Number of the partition that is the root. Default: the one with ext4 and an /etc/os-release.'),
  distribution: z
    .enum(['debian'])
    .default('debian')
    .describe(
      'What the system is of, or descends from; checked by its /etc/os-release. Those of other distributions, such as Arch Linux, are not imported.',
    ),
  exclude: z
    .array(z.string().regex(/^\/[^\n]*[^/\n]$/, 'an absolute path, such as `/var/log/*`'))
    .default([])
    .describe(
      'What of the system is not imported, by paths there, with all that is below: `*` and `?` stand for what is in one name.',
    ),
  archives: archivesSchema.optional(),
});
type Options = z.output<typeof options>;

export const importStage = defineStage({
  name: 'import',
  summary: 'Take a system that is there already: the root of a disk image, a tar or a folder.',
  kind: 'rootfs',
  provides: WHOLE_ROOT,
  distribution: ({ distribution }) => distribution,
  title: ({ from }) => basename(from),
  options,
  tools: [
    { name: 'tar', package: 'tar' },
    { name: 'sfdisk', package: 'fdisk' },
    { name: 'mcopy', package: 'mtools' },
    ...UNPACK_TOOLS,
  ],
  judges: ['disk'],
  toolsFor: ({ archives }) => (archives === undefined ? [] : [{ name: 'apt-get', package: 'apt' }]),
  inputs: ({ archives }) => (archives === undefined ? [] : keyringInputs(archives)),
  check: ({ options: { from, sha256, distribution, archives }, recipe }) => {
    if (/^[a-z][a-z0-9+.-]*:\/\//.test(from)) return [notHere(from)];
    const path = resolve(recipe.folder, from);
    const wrong = archives === undefined ? [] : keyringFindings(archives, recipe.folder);
    if (wrong.length > 0) return wrong;
    if (!existsSync(path)) {
      return [{ path: ['from'], what: `${path} does not exist.`, hint: 'Download or copy it there first.' }];
    }
    if (statSync(path).isDirectory()) {
      const foreign = foreignFolder(from, path, distribution);
      return foreign === undefined ? [] : [{ path: ['from'], ...foreign }];
    }
    if (sha256 !== undefined) return [];
    return [
      {
        path: ['from'],
        what: 'The digest of the file is missing.',
        expected: '`sha256` beside `from`',
        hint: 'Take it from who made the file: a download is only as good as its digest.',
      },
    ];
  },
  surroundings: async ({ options: { from }, recipe }): Promise<Record<string, string>> => {
    const path = resolve(recipe.folder, from);
    return statSync(path).isDirectory() ? { tree: await treeState(path) } : {};
  },
  archives: async ({ options: { archives }, recipe, mirror }) => {
    if (archives === undefined) return {};
    const sources = await sourcesOf(archives, { recipe, mirror });
    return Object.fromEntries(sources.map(({ archive, uri }) => [archive, [uri]]));
  },
  request: ({ from: _, archives, ...rest }) =>
    archives === undefined ? rest : { ...rest, archives: { ...archives, keyring: keyringOf(archives) } },
  async resolve(ctx) {
    const { archives } = ctx.options;
    // What nothing is installed on top of need not be looked into.
    if (archives === undefined) return { packages: [], indexes: [] };
    const sources = await sourcesOf(archives, ctx);
    const { architecture } = ctx.recipe;
    const lists = await packageLists(ctx, sources, { architecture, doing: 'fetch the package lists' });
    const installed = await installedIn(ctx);
    const prefer = preferred(ctx.prefer, lists.indexes);
    const carry: AptWorld = { kind: 'apt', sources, lists, prefer, installed };
    const tools = await resolveNative(ctx, sources);
    return { packages: [], tools, indexes: lists.indexes, carry };
  },
  async run(ctx) {
    const { distribution } = ctx.options;
    const { architecture } = ctx.recipe;
    await using source = await openSource(
      wishesOf(ctx.options, ctx.recipe),
      join(ctx.scratch, 'source'),
      ctx,
    );
    const require = (read: ReadTree) => requireSystem(ctx.options.from, read, { distribution, architecture });
    if (source.read !== undefined) await require(source.read);
    if (ctx.options.exclude.length === 0) requireRoom(ctx.options.from, source.bytes, ctx.recipe.disk);
    await source.extract(ctx);
    if (source.read === undefined) await require(readFrom(ctx.rootfs));
    await recordSources(ctx);
    await recordPackages(ctx);
  },
});

function wishesOf({ from, sha256, partition, exclude }: Options, recipe: Pick<RecipeFacts, 'folder'>) {
  return { path: resolve(recipe.folder, from), sha256, partition, exclude };
}

/** A machine that runs is another one at every look, and a download is not what it was: both come here once. */
function notHere(from: string): StageFinding {
  return {
    path: ['from'],
    what: 'What is imported has to be on this host.',
    expected: 'a path',
    found: from,
    hint: from.startsWith('ssh://')
      ? `Run \`npx lunsmith take ${from} MACHINE.tar\`, and import that: so every build begins with the same files.`
      : 'Download it, and give its path and its sha256.',
  };
}

/** Told before hours of steps, and not when the image of the disk is written. @throws Failure of kind `recipe` */
function requireRoom(from: string, bytes: number | undefined, { bytes: disk }: DiskSpec): void {
  if (bytes === undefined || disk === undefined || bytes <= disk) return;
  throw new Failure('recipe', {
    what: `${from} holds more than the disk of the recipe.`,
    expected: `a disk of more than ${mib(bytes)} MiB`,
    found: `${mib(disk)} MiB`,
    hint: 'Enlarge `disk: size:`, or leave out what a client does not need (`exclude`).',
  });
}

function mib(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

/** A folder has no digest that could be known before. Whatever is done to a file in it changes the file's ctime (inode(7)). */
async function treeState(path: string): Promise<string> {
  const names = (await readdir(path, { recursive: true })).sort();
  const states: string[] = [];
  for (const name of ['', ...names]) {
    const { ino, mode, uid, gid, size, mtimeNs, ctimeNs } = await lstat(join(path, name), { bigint: true });
    states.push([name, ino, mode, uid, gid, size, mtimeNs, ctimeNs].join(' '));
  }
  return sha256OfText(states.join('\0'));
}

/** Stanzas of the packages that the system has, by name and architecture. Those of a file are kept under its digest. */
async function installedIn(ctx: ResolveContext<Options>): Promise<Record<string, string>> {
  const { sha256 } = ctx.options;
  const folder = join(ctx.state, 'imports');
  const kept = sha256 === undefined ? undefined : join(folder, `${sha256}.status`);
  const known = kept === undefined ? undefined : await readFile(kept, 'utf8').catch(() => undefined);
  const status = known ?? (await readStatus(ctx, folder));
  if (known === undefined && kept !== undefined) await replaceFile(kept, status);
  return Object.fromEntries(
    splitStanzas(status)
      .filter((stanza) => fieldOf(stanza, 'Status')?.endsWith(' installed') === true)
      .map((stanza) => {
        const name = fieldOf(stanza, 'Package') ?? '';
        return [packageKey({ name, architecture: fieldOf(stanza, 'Architecture') ?? 'all' }), stanza];
      }),
  );
}

async function readStatus(ctx: ResolveContext<Options>, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await removeLeftBehind(folder, 'source-');
  await using source = await openSource(
    wishesOf(ctx.options, ctx.recipe),
    join(folder, `source-${process.pid}`),
    ctx,
  );
  const status = await source.text('/var/lib/dpkg/status');
  if (status !== undefined) return status;
  throw new Failure('integrity', {
    what: `${ctx.options.from} has no /var/lib/dpkg/status: which packages it holds is not known.`,
    hint: 'Leave `archives` out of the `import` step, and packages to the system itself.',
  });
}
