/** A playbook of the recipe, played in the root tree. */
import { realpathSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { secretReference } from '../base/schema/secret-reference.js';
import { defineStage, type StageContext, type StageFinding } from '../pipeline/stage.js';
import {
  CONFIGURATION,
  CONTROLLER,
  CONTROLLER_TOOLS,
  controllerFolders,
  ENVIRONMENT,
  INVENTORY,
  LENT,
} from './ansible/controller.js';
import { failedTask, unreadable } from './ansible/outcome.js';
import { rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable of Ansible');
const folder = z.string().regex(/^[^/]/, "a path relative to the recipe's folder, such as `ansible`");
const tag = z.string().regex(/^[^,\p{Cc}]+$/u, 'a tag');

const options = z.strictObject({
  folder: folder.describe(
    'Folder of the recipe with the playbook and all that it uses: `roles/`, `templates/`, `group_vars/all.yml`, `collections/`. It sees no other.',
  ),
  playbook: z
    .string()
    .regex(/^(?!.*(^|\/)\.\.(\/|$))[^/-].*$/, 'a path in that folder, such as `site.yml`')
    .default('site.yml')
    .describe(
      'The playbook, relative to `folder`. Its plays are for `hosts: all`, or `localhost`: both are the root tree.',
    ),
  roles: folder.optional().describe('Another folder of the recipe that holds roles, such as `../roles`.'),
  vars: z
    .record(variable, z.unknown())
    .default({})
    .describe('Variables, which win over those of the playbook. Not for secrets.'),
  secrets: z
    .record(variable, secretReference())
    .default({})
    .describe(
      'Variables whose values are secrets, by reference. Give tasks that use them `no_log: true`; they must not leave them in the image.',
    ),
  tags: z.array(tag).default([]).describe('Only the tasks with one of these tags. Default: all.'),
  'skip-tags': z.array(tag).default([]).describe('Not the tasks with one of these tags.'),
  network: z
    .boolean()
    .default(false)
    .describe('Let it reach the network. What it fetches is not checked by anyone else.'),
  'time-out': z.int().min(1).default(3600).describe('Seconds after which it is ended and the build fails.'),
});
type Options = z.output<typeof options>;

export const ansible = defineStage({
  name: 'ansible',
  summary: 'Play a playbook of Ansible in the root tree.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ folder: from, playbook }) => posix.join(from, playbook),
  // Whether it may be used is up to the option.
  network: true,
  options,
  tools: CONTROLLER_TOOLS,
  inputs: ({ folder: from, roles }) => [from, ...(roles === undefined ? [] : [roles])],
  secrets: ({ secrets }) => Object.values(secrets),
  check: ({ options: given, recipe }) => {
    const at = (...path: readonly string[]) =>
      statSync(join(recipe.folder, ...path), { throwIfNoEntry: false });
    const missing = (path: readonly string[], what: string): StageFinding[] => [{ path, what }];
    const playbook = posix.join(given.folder, given.playbook);
    return [
      ...(at(given.folder)?.isDirectory() !== true
        ? missing(['folder'], `The recipe has no folder ${given.folder}.`)
        : at(given.folder, given.playbook)?.isFile() !== true
          ? missing(['playbook'], `The recipe has no file ${playbook}.`)
          : [
              ...wholeRecipe(given.folder),
              ...outside(join(recipe.folder, given.folder), given.playbook, playbook),
            ]),
      ...(given.roles === undefined || at(given.roles)?.isDirectory() === true
        ? []
        : missing(['roles'], `The recipe has no folder ${given.roles}.`)),
      ...Object.keys(given.secrets).flatMap((name) =>
        name in given.vars
          ? missing(['secrets', name], `${name} is both in \`vars\` and in \`secrets\`.`)
          : [],
      ),
    ];
  },
  async run(ctx) {
    if (!(await rootTree(ctx.rootfs).exists('/usr/bin/python3'))) {
      throw new Failure('recipe', {
        what: 'The image has no python3, by which Ansible works.',
        expected: '/usr/bin/python3',
        hint: 'Add `python3` (Arch: `python`) to a `packages` step before this one.',
      });
    }
    const settings = join(ctx.scratch, 'ansible');
    await mkdir(settings, { mode: 0o700 });
    await writeFile(join(settings, 'ansible.cfg'), CONFIGURATION);
    await writeFile(join(settings, 'hosts'), INVENTORY);
    await writeFile(join(settings, 'vars.json'), JSON.stringify(ctx.options.vars));
    // Its bytes are its value: a `{{` in it begins no template.
    const secrets: Record<string, { readonly __ansible_unsafe: string }> = {};
    for (const [name, reference] of Object.entries(ctx.options.secrets))
      secrets[name] = { __ansible_unsafe: await ctx.secret(reference) };
    await writeFile(join(settings, 'secrets.json'), JSON.stringify(secrets), { mode: 0o600 });
    await play(ctx, settings);
  },
});

/** What else a recipe holds, as secrets, is not lent. */
function wholeRecipe(folder: string): StageFinding[] {
  if (posix.join(folder, '/') !== './') return [];
  return [
    {
      path: ['folder'],
      what: 'The playbook would be lent the whole recipe, with secrets that lie in it.',
      expected: "a folder in the recipe's, such as `ansible`",
    },
  ];
}

/** A link leads the check anywhere, and the playbook nowhere. */
function outside(folder: string, playbook: string, shown: string): StageFinding[] {
  const found = realpathSync(join(folder, playbook));
  if (found.startsWith(`${realpathSync(folder)}/`)) return [];
  return [
    {
      path: ['playbook'],
      what: `${shown} leads out of the folder that the playbook sees.`,
      expected: 'a file in it',
      found,
    },
  ];
}

/** Exit codes of ansible-playbook(1): a task has failed, a host is unreachable, errors of the playbook or of Ansible itself. */
const FAILED = [1, 2, 3, 4, 5, 8, 250];

async function play(ctx: StageContext<Options>, settings: string): Promise<void> {
  const {
    folder: from,
    playbook,
    roles,
    tags,
    'skip-tags': skipped,
    network,
    'time-out': timeout,
  } = ctx.options;
  const at = `${LENT}/playbook`;
  const words = [
    ...['--inventory', `${LENT}/settings/hosts`],
    ...['--extra-vars', `@${LENT}/settings/vars.json`, '--extra-vars', `@${LENT}/settings/secrets.json`],
    ...tags.flatMap((each) => ['--tags', each]),
    ...skipped.flatMap((each) => ['--skip-tags', each]),
    posix.join(at, playbook),
  ];
  const { stdout, stderr, exitCode } = await ctx.chroot([...CONTROLLER, ...words], {
    doing: `play ${posix.join(from, playbook)}`,
    shown: ['ansible-playbook', ...words],
    network,
    env: { ...ctx.distribution?.guard.environment, ...ENVIRONMENT },
    timeout,
    okExitCodes: [0, ...FAILED],
    folders: {
      ...(await controllerFolders()),
      settings,
      playbook: join(ctx.recipe.folder, from),
      ...(roles === undefined ? {} : { roles: join(ctx.recipe.folder, roles) }),
    },
  });
  if (exitCode === 0) {
    if (NO_HOST.test(stdout)) throw forNobody(posix.join(from, playbook));
    return;
  }
  throw failureOf(ctx, { stdout, stderr });
}

const NO_HOST = /^skipping: no hosts matched$/m;

/** Ansible itself takes it for a success. */
function forNobody(playbook: string): Failure {
  return new Failure('recipe', {
    what: `A play of ${playbook} is for no host here, and does nothing.`,
    expected: '`hosts: all`, or `hosts: localhost`: both are the root tree',
    found: 'no hosts matched',
  });
}

function failureOf(
  { options: { folder: from, playbook, roles } }: StageContext<Options>,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): Failure {
  // As the recipe calls what was lent.
  const named = (text: string) =>
    text
      .replaceAll(`${LENT}/playbook`, posix.join(from, '.'))
      .replaceAll(`${LENT}/roles`, posix.join(roles ?? `${from}/roles`, '.'));
  const where = (file: string | undefined, line: number | undefined) =>
    file === undefined ? posix.join(from, playbook) : `${named(file)}:${line}`;
  // A task that was rescued before is not what ended it.
  const broken = unreadable(stderr);
  const task = broken === undefined ? failedTask(stdout) : undefined;
  if (task !== undefined) {
    return new Failure('tool', {
      what: `The task \`${task.name}\` failed: ${where(task.file, task.line)}.`,
      found: task.message,
    });
  }
  const { message, file, line } = broken ?? { message: stderr.trim().split('\n').at(-1) ?? '' };
  return new Failure('recipe', {
    what: `Ansible cannot play ${where(file, line)}.`,
    found: named(message),
    ...(message.includes("couldn't resolve module")
      ? {
          hint: `A module that is no part of ansible-core comes with its collection: put that into ${posix.join(from, 'collections/ansible_collections')}.`,
        }
      : {}),
  });
}
