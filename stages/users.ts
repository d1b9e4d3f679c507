/** Accounts, their SSH keys and how sshd lets them in. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { secretReference } from '../base/schema/secret-reference.js';
import { defineStage, type StageContext, type StageFinding } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { addPackage } from './distribution/roles.js';
import { findAccount } from './rootfs/accounts.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';
import { alter, create, setPasswords } from './users/accounts.js';
import { KEY_OR_FILE, parseKeys, sshdText } from './users/ssh.js';

const hashReference = secretReference(', to a hash made by `mkpasswd`: never a password itself')
  .optional()
  .describe(
    'Reference to the hash of the password: `env:NAME` or `file:PATH`; make one with `mkpasswd --method=yescrypt`. Default: no ' +
      'password opens the account.',
  );
const keys = z
  .array(
    z
      .string()
      .regex(
        KEY_OR_FILE,
        'a public SSH key, such as `ssh-ed25519 AAAA…`, or `file:PATH` of a file of public keys',
      ),
  )
  .default([])
  .describe(
    "Public SSH keys that may log in, or `file:PATH` of files with such keys, relative to the recipe's folder.",
  );

const user = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user name of lower-case letters, digits, `_` and `-`')
    .describe('Name of the account.'),
  existing: z
    .boolean()
    .default(false)
    .describe(
      'The account is there already, from an imported system or a package: its ID, home and name stay, `groups` are added, and without `password-hash` no password opens it any more.',
    ),
  uid: z
    .int()
    .min(1)
    .max(60000)
    .optional()
    .describe('Numeric user ID. Default: the next free one from 1000 on.'),
  groups: z.array(z.string().min(1)).default([]).describe('Groups besides its own; they must exist.'),
  shell: z
    .string()
    .startsWith('/', 'an absolute path')
    .optional()
    .describe('Log-in shell. Default: /bin/bash, or the one that it has.'),
  home: z
    .string()
    .startsWith('/', 'an absolute path')
    .optional()
    .describe('Home directory. Default: /home/NAME.'),
  comment: z
    .string()
    .regex(/^[^:\n]*$/, 'a text without colons')
    .optional()
    .describe('Full name or purpose.'),
  'password-hash': hashReference,
  'authorized-keys': keys,
  sudo: z
    .enum(['none', 'password', 'nopasswd'])
    .default('none')
    .describe(
      'Whether the user may become root by sudo, with or without the own password. Needs the package `sudo`.',
    ),
});

const options = z.strictObject({
  root: z
    .strictObject({ 'password-hash': hashReference, 'authorized-keys': keys })
    .prefault({})
    .describe('The super-user. By default no password opens the account.'),
  users: z.array(user).default([]).describe('More accounts.'),
  sshd: z
    .strictObject({
      'permit-root-login': z
        .enum(['no', 'prohibit-password', 'yes'])
        .default('prohibit-password')
        .describe('Whether root may log in by SSH; `prohibit-password`: with a key.'),
      'password-authentication': z
        .boolean()
        .default(false)
        .describe('Whether a password lets anyone in by SSH.'),
    })
    .optional()
    .describe('How sshd lets users in. Written when an SSH server is installed, with these defaults.'),
});
type Options = z.output<typeof options>;

export const users = defineStage({
  name: 'users',
  summary:
    'Create accounts, or change those that are there, with passwords by hash reference, SSH keys and a careful sshd.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: (given) => ['root', ...given.users.map(({ name }) => name)].join(' '),
  options,
  tools: [],
  asks: ['software'],
  inputs: (given) => keyFiles(given).map(({ file }) => file),
  secrets: ({ root, users: accounts }) =>
    [root, ...accounts].flatMap(({ 'password-hash': reference }) => reference ?? []),
  check: ({ options: given, recipe }) => [...findings(given), ...missingFiles(given, recipe.folder)],
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const { root, users: accounts } = ctx.options;
    for (const each of accounts) await (each.existing ? alter : create)(ctx, tree, each);
    await setPasswords(ctx, [{ name: 'root', ...root }, ...accounts]);
    await authorize(ctx, tree, 'root', root['authorized-keys']);
    for (const each of accounts) await authorize(ctx, tree, each.name, each['authorized-keys']);
    await configureSshd(ctx, tree);
  },
});

function keyFiles(given: Options): { file: string; path: (string | number)[] }[] {
  const lists = [
    { list: given.root['authorized-keys'], path: ['root', 'authorized-keys'] },
    ...given.users.map((each, i) => ({
      list: each['authorized-keys'],
      path: ['users', i, 'authorized-keys'],
    })),
  ];
  return lists.flatMap(({ list, path }) =>
    list.flatMap((key, i) => (key.startsWith('file:') ? [{ file: key.slice(5), path: [...path, i] }] : [])),
  );
}

function findings(given: Options): StageFinding[] {
  const names = given.users.map(({ name }) => name);
  return [
    ...names.flatMap((name, i) =>
      name === 'root'
        ? [{ path: ['users', i, 'name'], what: 'root is not created here.', hint: 'Use the option `root`.' }]
        : names.indexOf(name) < i
          ? [{ path: ['users', i, 'name'], what: `The user ${name} stands here twice.` }]
          : [],
    ),
    ...given.users.flatMap((each, i) =>
      (['uid', 'home', 'comment'] as const)
        .filter((key) => each.existing && each[key] !== undefined)
        .map((key) => ({
          path: ['users', i, key],
          what: `The user ${each.name} exists already, and keeps its \`${key}\`.`,
          hint: `Remove \`${key}\`, or \`existing\`.`,
        })),
    ),
    ...(given.sshd?.['permit-root-login'] === 'no' && given.root['authorized-keys'].length > 0
      ? [
          {
            path: ['sshd', 'permit-root-login'],
            what: 'root has SSH keys but may not log in by SSH.',
            hint: 'Use `prohibit-password`, which lets keys in, or remove the keys.',
          },
        ]
      : []),
  ];
}

function missingFiles(given: Options, folder: string): StageFinding[] {
  return keyFiles(given).flatMap(({ file, path }) =>
    existsSync(resolve(folder, file))
      ? []
      : [
          {
            path,
            what: `The key file ${file} does not exist.`,
            expected: `a file of public keys below ${folder}`,
          },
        ],
  );
}

/** ~/.ssh/authorized_keys, which sshd wants to belong to the user alone. */
async function authorize(
  ctx: StageContext<Options>,
  tree: RootTree,
  name: string,
  given: readonly string[],
): Promise<void> {
  if (given.length === 0) return;
  const account = await findAccount(tree, name);
  if (account === undefined)
    throw new Failure('internal', { what: `No account ${name} after its creation.` });
  const lines: string[] = [];
  for (const key of given) {
    const file = key.startsWith('file:') ? key.slice(5) : undefined;
    if (file === undefined) lines.push(key.trim());
    else lines.push(...parseKeys(await readFile(resolve(ctx.recipe.folder, file), 'utf8'), file));
  }
  const { uid, gid, home } = account;
  await tree.directory(`${home}/.ssh`, { mode: 0o700, uid, gid });
  await tree.write(`${home}/.ssh/authorized_keys`, `${lines.join('\n')}\n`, { mode: 0o600, uid, gid });
}

async function configureSshd(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const { sshd } = ctx.options;
  const { software } = distributionOf(ctx);
  if (!(await software.has(tree, 'ssh-server'))) {
    if (sshd === undefined) return;
    const [name = 'of an SSH server'] = software.packagesFor('ssh-server');
    throw new Failure('recipe', {
      what: `The option \`sshd\` needs the package ${name}, which is not installed.`,
      hint: `${addPackage(software, 'ssh-server')}.`,
    });
  }
  const text = sshdText({
    permitRootLogin: sshd?.['permit-root-login'] ?? 'prohibit-password',
    passwordAuthentication: sshd?.['password-authentication'] ?? false,
  });
  await tree.write('/etc/ssh/sshd_config.d/10-lunsmith.conf', text);
}
