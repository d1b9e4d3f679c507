/** Files of the recipe, and files written in it, put into the root tree. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { didYouMean } from '../base/suggest.js';
import { readText } from '../base/text-file.js';
import { defineStage, type StageContext, type StageFinding } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { globToRegExp } from './files/glob.js';
import { listOverlay, type OverlayEntry } from './files/listing.js';
import { renderTemplate } from './files/template.js';
import { resolveOwner } from './rootfs/accounts.js';
import { foreignFiles, namesNotUtf8 } from './rootfs/host-files.js';
import { type NodeOptions, type RootTree, rootTree } from './rootfs/tree.js';
import { INITRAMFS, ROOT, WHOLE_ROOT } from './things.js';

const imagePath = z
  .string()
  .regex(
    /^\/(?!.*(^|\/)\.\.?(\/|$)).*$/,
    'an absolute path in the image without `.` and `..`, such as `/etc/motd`',
  );
const recipePath = z.string().regex(/^[^/]/, "a path relative to the recipe's folder, such as `files`");
const mode = z
  .string()
  .regex(/^[0-7]{3,4}$/, 'octal permission bits in quotes, such as `"0644"`')
  .optional();
const owner = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
    '`user:group`, by names of the image or by numbers',
  )
  .optional();

const AFTER_INITRAMFS = 'after-initramfs';

const options = z.strictObject({
  source: recipePath
    .optional()
    .describe(
      "Folder of the recipe whose content is laid over the image's root: `files/etc/motd` becomes /etc/motd.",
    ),
  rules: z
    .array(
      z.strictObject({
        match: z
          .string()
          .regex(/^\//, 'a pattern of absolute paths in the image, such as `/etc/ssh/**`')
          .describe('Pattern of paths in the image: `*` and `?` within a name, `**` across directories.'),
        owner: owner.describe('Owner of what matches. Default: root:root.'),
        mode: mode.describe('Permission bits of the files that match, such as `"0600"`.'),
        'directory-mode': mode.describe('Permission bits of the directories that match.'),
        template: z.boolean().optional().describe('Replace `@{name}` in the files that match by `values`.'),
      }),
    )
    .default([])
    .describe(
      'Owners and permissions of what `source` holds; later rules override earlier ones. Without a rule all belongs to root:root, ' +
        'files are 0755 or 0644 by their executable bit, new directories 0755.',
    ),
  modes: z
    .strictObject({
      executable: z
        .array(
          z.string().regex(/^\//, 'a pattern of absolute paths in the image, such as `/usr/local/bin/*`'),
        )
        .describe('Patterns of the files that are 0755; all others are 0644.'),
    })
    .optional()
    .describe(
      'Which files of `source` are executable, whatever the file system says: for a checkout on one without modes (CIFS, NTFS). ' +
        'Rules override it. Default: as the file system has it.',
    ),
  files: z
    .array(
      z.strictObject({
        path: imagePath.describe('Path in the image.'),
        content: z.string().optional().describe('The text of the file.'),
        source: recipePath.optional().describe("A file of the recipe's folder to copy."),
        link: z.string().min(1).optional().describe('Make a symlink with this target.'),
        directory: z.literal(true).optional().describe('Make a directory.'),
        owner: owner.describe('Owner. Default: root:root.'),
        mode: mode.describe(
          'Permission bits in quotes. Default: `"0644"`; `"0755"` for directories and executable sources.',
        ),
        template: z.boolean().default(false).describe('Replace `@{name}` by `values`.'),
      }),
    )
    .default([])
    .describe('Single files, each with one of `content`, `source`, `link` and `directory`.'),
  values: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'a name of letters, digits, `_` and `-`'),
      z.union([z.string(), z.number(), z.boolean()]),
    )
    .default({})
    .describe('Values for templates, by name.'),
  [AFTER_INITRAMFS]: z
    .boolean()
    .default(false)
    .describe(
      'The step stands between `initramfs` and `seal`, for files that the initramfs does not hold: when they change, it is ' +
        'not generated anew.',
    ),
});
type Options = z.output<typeof options>;
type SingleFile = Options['files'][number];

export const files = defineStage({
  name: 'files',
  summary: 'Put files of the recipe into the image, with owner and mode, and fill in templates.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  withOption: { name: AFTER_INITRAMFS, requires: [INITRAMFS], changes: [ROOT] },
  title: ({ source, files: single }) =>
    [...(source === undefined ? [] : [`${source}/`]), ...single.map(({ path }) => path)].join(' '),
  options,
  tools: [],
  inputs: ({ source, files: single }) => [
    ...(source === undefined ? [] : [source]),
    ...single.flatMap((file) => (file.source === undefined ? [] : [file.source])),
  ],
  check: ({ options: given, recipe, distribution }) => {
    const folder = given.source === undefined ? undefined : join(recipe.folder, given.source);
    const there = folder !== undefined && isDirectory(folder);
    const strange = there ? namesNotUtf8(folder, ['source']) : [];
    if (strange.length > 0) return strange;
    return [
      ...(given.source === undefined && given.files.length === 0
        ? [{ path: [], what: 'The step puts nothing anywhere.', expected: '`source` or `files`' }]
        : []),
      ...(folder !== undefined && !there
        ? [{ path: ['source'], what: `The recipe has no folder ${given.source}.` }]
        : []),
      ...unusedRules(given, recipe.folder),
      ...(there ? foreignFiles(folder, ['source'], given.modes !== undefined) : []),
      ...given.files.flatMap((file, i) => wrongFile(file, i, recipe.folder)),
      ...(given[AFTER_INITRAMFS] && distribution !== undefined
        ? tooLate(given, recipe.folder, distributionOf({ distribution }).initramfs.sources)
        : []),
    ];
  },
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    if (ctx.options.source !== undefined) {
      for (const entry of await listOverlay(join(ctx.recipe.folder, ctx.options.source)))
        await lay(ctx, tree, entry);
    }
    for (const file of ctx.options.files) await put(ctx, tree, file);
  },
});

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A rule that speaks of nothing is a slip, and what it should have protected would be released as it is. */
function unusedRules({ source, rules }: Options, folder: string): StageFinding[] {
  if (source !== undefined && !isDirectory(join(folder, source))) return [];
  const paths =
    source === undefined || rules.length === 0
      ? []
      : readdirSync(join(folder, source), { recursive: true }).map((path) => `/${String(path)}`);
  return rules.flatMap(({ match }, index) => {
    const pattern = globToRegExp(match);
    if (paths.some((path) => pattern.test(path))) return [];
    return [
      {
        path: ['rules', index, 'match'],
        what: `Nothing in \`source\` matches ${match}.`,
        expected: `the path in the image of something below ${source ?? '`source`'}`,
        ...didYouMean(match, paths),
      },
    ];
  });
}

function wrongFile(file: SingleFile, index: number, folder: string): StageFinding[] {
  const given = (['content', 'source', 'link', 'directory'] as const).filter(
    (key) => file[key] !== undefined,
  );
  if (given.length !== 1) {
    return [
      {
        path: ['files', index],
        what: `${file.path} needs exactly one of \`content\`, \`source\`, \`link\` and \`directory\`.`,
        found: given.length === 0 ? 'none of them' : given.join(' and '),
      },
    ];
  }
  if (file.source !== undefined && !existsSync(join(folder, file.source))) {
    return [{ path: ['files', index, 'source'], what: `The recipe has no file ${file.source}.` }];
  }
  return [];
}

/** Files that the initramfs would miss, or hold as they were before. */
function tooLate(
  { source, files: single }: Options,
  folder: string,
  taken: readonly string[],
): StageFinding[] {
  const finding = (path: StageFinding['path'], file: string): StageFinding => ({
    path,
    what: `The initramfs may hold ${file}, but the step stands after it.`,
    hint: `Put it into a step without \`${AFTER_INITRAMFS}\`.`,
  });
  return [
    ...taken
      .filter((path) => source !== undefined && existsSync(join(folder, source, path)))
      .map((path) => finding(['source'], path)),
    ...single.flatMap(({ path }, index) =>
      taken.some((each) => path === each || path.startsWith(`${each}/`))
        ? [finding(['files', index, 'path'], path)]
        : [],
    ),
  ];
}

interface Attributes extends NodeOptions {
  readonly template: boolean;
  /** Whether a rule speaks of this path: only then an existing directory is changed. */
  readonly ruled: boolean;
}

async function attributes(
  ctx: StageContext<Options>,
  tree: RootTree,
  entry: OverlayEntry,
): Promise<Attributes> {
  const rules = ctx.options.rules.filter(({ match }) => globToRegExp(match).test(entry.path));
  const last = <T>(pick: (rule: Options['rules'][number]) => T | undefined) =>
    rules.map(pick).findLast((value) => value !== undefined);
  const bits = last((rule) => (entry.kind === 'directory' ? rule['directory-mode'] : rule.mode));
  const { modes } = ctx.options;
  const executable =
    entry.kind !== 'file' ||
    (modes === undefined
      ? entry.executable
      : modes.executable.some((pattern) => globToRegExp(pattern).test(entry.path)));
  const standard = executable ? 0o755 : 0o644;
  return {
    ...(await resolveOwner(tree, last((rule) => rule.owner) ?? '0:0')),
    mode: bits === undefined ? standard : Number.parseInt(bits, 8),
    template: last((rule) => rule.template) ?? false,
    ruled: bits !== undefined || last((rule) => rule.owner) !== undefined,
  };
}

async function lay(ctx: StageContext<Options>, tree: RootTree, entry: OverlayEntry): Promise<void> {
  const { template, ruled, ...node } = await attributes(ctx, tree, entry);
  if (entry.kind === 'directory') {
    if (ruled || !(await tree.exists(entry.path))) await tree.directory(entry.path, node);
    return;
  }
  await keepDirectories(tree, entry.path);
  if (entry.kind === 'link') return tree.link(entry.path, entry.target);
  await writeFrom(ctx, tree, entry.path, { host: entry.host, template, node });
}

async function put(ctx: StageContext<Options>, tree: RootTree, file: SingleFile): Promise<void> {
  const host = file.source === undefined ? undefined : join(ctx.recipe.folder, file.source);
  const executable = host !== undefined && (statSync(host).mode & 0o100) !== 0;
  const node = {
    ...(await resolveOwner(tree, file.owner ?? '0:0')),
    mode:
      file.mode === undefined
        ? executable || file.directory
          ? 0o755
          : 0o644
        : Number.parseInt(file.mode, 8),
  };
  if (file.directory) return tree.directory(file.path, node);
  await keepDirectories(tree, file.path);
  if (file.link !== undefined) return tree.link(file.path, file.link);
  if (host !== undefined) return writeFrom(ctx, tree, file.path, { host, template: file.template, node });
  const { content = '' } = file;
  const text = file.template ? render(ctx, content, `content of ${file.path}`) : content;
  await tree.write(file.path, text, node);
}

/** Bytes of a template; what is copied as it is may have any size. */
const TEMPLATE_BYTES = 16 << 20;

interface HostFile {
  /** Absolute path. */
  readonly host: string;
  readonly template: boolean;
  readonly node: NodeOptions;
}

async function writeFrom(
  ctx: StageContext<Options>,
  tree: RootTree,
  path: string,
  { host, template, node }: HostFile,
): Promise<void> {
  if (!template) return tree.copy(path, host, node);
  const text = await readText(host, host, { most: TEMPLATE_BYTES });
  await tree.write(path, render(ctx, text, host), node);
}

function render(ctx: StageContext<Options>, text: string, file: string): string {
  return renderTemplate(text, ctx.options.values, file);
}

/** A file never takes the place of a directory and of all that is in it. */
async function keepDirectories(tree: RootTree, path: string): Promise<void> {
  const existing = await lstat(await tree.locate(path)).catch(() => undefined);
  if (existing?.isDirectory() !== true) return;
  throw new Failure('recipe', {
    what: `${path} is a directory in the image and cannot be replaced by a file or symlink.`,
    hint: 'Choose another path, or remove the directory in a `run` step before.',
  });
}
