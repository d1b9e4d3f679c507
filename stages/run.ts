/** A script or command of the recipe, in the root tree. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256OfText } from '../base/digest.js';
import type { Argv } from '../base/ports.js';
import { secretReference } from '../base/schema/secret-reference.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { firstLineHasReturn } from './rootfs/host-files.js';
import { rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

const options = z.strictObject({
  script: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Text of a script. Without a `#!` line it is run by `/bin/sh -eu`: the first command that fails ends it.',
    ),
  file: z
    .string()
    .regex(/^[^/]/, "a path relative to the recipe's folder, such as `scripts/setup`")
    .optional()
    .describe("A script of the recipe's folder, in the place of `script`."),
  command: z
    .array(z.string())
    .nonempty()
    .optional()
    .describe('A command and its arguments, in the place of `script`; no shell reads it.'),
  network: z
    .boolean()
    .default(false)
    .describe('Let it reach the network. What it fetches is not checked by anyone else.'),
  environment: z.record(variable, z.string()).default({}).describe('Environment variables; not for secrets.'),
  secrets: z
    .record(variable, secretReference())
    .default({})
    .describe(
      'Environment variables whose values are secrets, by reference. The script must not leave them in the image.',
    ),
  'time-out': z.int().min(1).default(3600).describe('Seconds after which it is ended and the build fails.'),
});
type Options = z.output<typeof options>;

export const run = defineStage({
  name: 'run',
  summary: 'Run a script or command in the root tree.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ script, file, command }) => file ?? command?.join(' ') ?? script?.trim().split('\n')[0] ?? '',
  // Whether it may be used is up to the option.
  network: true,
  options,
  tools: [],
  inputs: ({ file }) => (file === undefined ? [] : [file]),
  secrets: ({ secrets }) => Object.values(secrets),
  check: ({ options: given, recipe }) => {
    const named = (['script', 'file', 'command'] as const).filter((key) => given[key] !== undefined);
    return [
      ...(named.length === 1
        ? []
        : [
            {
              path: [],
              what: 'The step needs exactly one of `script`, `file` and `command`.',
              found: named.length === 0 ? 'none of them' : named.join(' and '),
            },
          ]),
      ...(given.file === undefined || existsSync(join(recipe.folder, given.file))
        ? []
        : [{ path: ['file'], what: `The recipe has no file ${given.file}.` }]),
      ...(given.file !== undefined &&
      isFile(join(recipe.folder, given.file)) &&
      firstLineHasReturn(join(recipe.folder, given.file))
        ? [
            {
              path: ['file'],
              what: `Line 1 of ${given.file} ends in a carriage return: no interpreter has such a name.`,
              expected: 'lines that end in a line feed alone',
              hint: 'git makes them on Windows: put `* text=auto eol=lf` into .gitattributes and check the file out anew.',
            },
          ]
        : []),
      ...Object.keys(given.secrets).flatMap((name) =>
        name in given.environment
          ? [{ path: ['secrets', name], what: `${name} is both in \`environment\` and in \`secrets\`.` }]
          : [],
      ),
    ];
  },
  async run(ctx) {
    const { command } = ctx.options;
    const [first, ...rest] = command ?? [];
    if (first !== undefined) return execute(ctx, [first, ...rest]);
    const tree = rootTree(ctx.rootfs);
    const text = await scriptText(ctx);
    // Not below /run, which is another file system once a command runs in the tree.
    const path = `/.lunsmith-script-${sha256OfText(text).slice(0, 16)}`;
    await tree.write(path, text, { mode: 0o700 });
    try {
      await execute(ctx, scriptArgv(text, path));
    } finally {
      await tree.remove(path);
    }
  },
});

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** A script that names its interpreter is run by it. */
export function scriptArgv(text: string, path: string): Argv {
  return text.startsWith('#!') ? [path] : ['/bin/sh', '-eu', path];
}

async function scriptText({ options: { script, file }, recipe }: StageContext<Options>): Promise<string> {
  return script ?? (await readFile(join(recipe.folder, file ?? ''), 'utf8'));
}

async function execute(ctx: StageContext<Options>, argv: Argv): Promise<void> {
  const { environment, secrets, network } = ctx.options;
  const env: Record<string, string> = {
    ...ctx.distribution?.guard.environment,
    ...environment,
  };
  for (const [name, reference] of Object.entries(secrets)) env[name] = await ctx.secret(reference);
  await ctx.chroot(argv, {
    doing: `run the ${ctx.options.command === undefined ? 'script' : 'command'} of step ${ctx.step}`,
    network,
    env,
    timeout: ctx.options['time-out'],
  });
}
