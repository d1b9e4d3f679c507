/** Users and groups of the root tree by its own /etc/passwd and /etc/group: the host's names mean nothing there. */
import { Failure } from '../../base/failure.js';
import type { RootTree } from './tree.js';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** passwd(5): seven fields, colon-separated; lines that are not are skipped. */
export function parsePasswd(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home] = line.split(':');
    if (name === undefined || home === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? ''))
      return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home }];
  });
}

/** group(5): name, password, number, members. */
export function parseGroup(text: string): Map<string, number> {
  const groups = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, , gid] = line.split(':');
    if (name !== undefined && /^\d+$/.test(gid ?? '')) groups.set(name, Number(gid));
  }
  return groups;
}

/** An account of the root tree, or undefined. */
export async function findAccount(tree: RootTree, name: string): Promise<Account | undefined> {
  return parsePasswd((await tree.read('/etc/passwd')) ?? '').find((account) => account.name === name);
}

/** Numbers for `user[:group]`, by name or by number as chown(1) takes them. @throws Failure of kind `recipe`. */
export async function resolveOwner(tree: RootTree, owner: string): Promise<{ uid: number; gid: number }> {
  const [user = '', group] = owner.split(':');
  const account = /^\d+$/.test(user) ? undefined : await findAccount(tree, user);
  if (account === undefined && !/^\d+$/.test(user)) throw unknown('user', user);
  const uid = account?.uid ?? Number(user);
  if (group === undefined || group === '') return { uid, gid: account?.gid ?? uid };
  if (/^\d+$/.test(group)) return { uid, gid: Number(group) };
  const gid = parseGroup((await tree.read('/etc/group')) ?? '').get(group);
  if (gid === undefined) throw unknown('group', group);
  return { uid, gid };
}

function unknown(kind: 'user' | 'group', name: string): Failure {
  return new Failure('recipe', {
    what: `The root tree has no ${kind} ${name}.`,
    expected: `a ${kind} of /etc/${kind === 'user' ? 'passwd' : 'group'} in the root tree, or a number`,
    hint: `Put the step that creates it (\`users\`, or \`packages\`) before this one.`,
  });
}
