/** Accounts of a root tree, made and changed by the tree's own shadow suite. */
import { Failure } from '../../base/failure.js';
import type { StageContext } from '../../pipeline/stage.js';
import { distributionOf } from '../distribution/distribution.js';
import { addPackage } from '../distribution/roles.js';
import { findAccount, parseGroup } from '../rootfs/accounts.js';
import type { RootTree } from '../rootfs/tree.js';
import {
  CHPASSWD,
  chpasswdInput,
  isPasswordHash,
  LOCKED,
  type NewUser,
  sudoersText,
  useraddArgv,
  usermodArgv,
} from './argv.js';

export interface WantedUser extends NewUser {
  readonly sudo: 'none' | 'password' | 'nopasswd';
}

/** @throws Failure of kind `recipe` when the tree has it, or lacks what it asks for */
export async function create(ctx: StageContext<unknown>, tree: RootTree, wanted: WantedUser): Promise<void> {
  const { name } = wanted;
  if ((await findAccount(tree, name)) !== undefined) {
    throw new Failure('recipe', {
      what: `The user ${name} exists already.`,
      hint: 'A package created it, or another `users` step. Choose another name, or give it `existing: true`.',
    });
  }
  await requireGroupsAndSudo(ctx, tree, wanted);
  await ctx.chroot(useraddArgv(wanted), { doing: `create the user ${name}` });
  await letUseSudo(tree, wanted);
}

/** @throws Failure of kind `recipe` when the tree has it not, or lacks what it asks for */
export async function alter(ctx: StageContext<unknown>, tree: RootTree, wanted: WantedUser): Promise<void> {
  const { name } = wanted;
  if ((await findAccount(tree, name)) === undefined) {
    throw new Failure('recipe', {
      what: `There is no user ${name}.`,
      expected: 'an account of /etc/passwd in the root tree, as `existing: true` says',
      hint: 'Remove `existing`, and the step creates it.',
    });
  }
  await requireGroupsAndSudo(ctx, tree, wanted);
  const argv = usermodArgv(wanted);
  if (argv !== undefined) await ctx.chroot(argv, { doing: `change the user ${name}` });
  await letUseSudo(tree, wanted);
}

async function requireGroupsAndSudo(
  ctx: StageContext<unknown>,
  tree: RootTree,
  { name, groups, sudo }: WantedUser,
): Promise<void> {
  const known = parseGroup((await tree.read('/etc/group')) ?? '');
  const unknown = groups.find((group) => !known.has(group));
  if (unknown !== undefined) {
    throw new Failure('recipe', {
      what: `The group ${unknown} of the user ${name} does not exist.`,
      expected: 'a group of /etc/group in the root tree',
      hint: 'Install the package that brings it before this step, or leave it out.',
    });
  }
  const { software } = distributionOf(ctx);
  if (sudo !== 'none' && !(await software.has(tree, 'sudo'))) {
    throw new Failure('recipe', {
      what: `The user ${name} shall use sudo, which is not installed.`,
      hint: `${addPackage(software, 'sudo')}.`,
    });
  }
}

async function letUseSudo(tree: RootTree, { name, sudo }: WantedUser): Promise<void> {
  if (sudo !== 'none') await tree.write(`/etc/sudoers.d/${name}`, sudoersText(name, sudo), { mode: 0o440 });
}

/** Of accounts without a reference no password opens any. */
export async function setPasswords(
  ctx: StageContext<unknown>,
  accounts: readonly { readonly name: string; readonly 'password-hash'?: string | undefined }[],
): Promise<void> {
  const entries: { name: string; hash: string }[] = [];
  for (const { name, 'password-hash': reference } of accounts) {
    const hash = reference === undefined ? LOCKED : await ctx.secret(reference);
    if (hash !== LOCKED && !isPasswordHash(hash)) {
      throw new Failure('recipe', {
        what: `What \`${reference}\` holds is not a password hash.`,
        expected: 'a hash such as `$y$…` or `$6$…` (see crypt(5))',
        found: 'something else (not shown: it may be the password itself)',
        hint: 'Make a hash with `mkpasswd --method=yescrypt`, of the package whois.',
      });
    }
    entries.push({ name, hash });
  }
  await ctx.chroot(CHPASSWD, { doing: 'set passwords', input: chpasswdInput(entries), quiet: true });
}
