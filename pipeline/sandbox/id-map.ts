/**
 * Which user and group ids the sandbox's user namespace maps. Root maps every id to itself; an ordinary user becomes
 * root of a namespace whose other ids are its subordinate range (subuid(5), user_namespaces(7)).
 */
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { Failure } from '../../base/failure.js';

/** `length` ids from `inside` on stand for those from `outside` on. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly length: number;
}

export interface IdMap {
  readonly uid: readonly IdRange[];
  readonly gid: readonly IdRange[];
}

/** Every id but 2^32-1, which stands for "no id" (user_namespaces(7)). */
const ALL_IDS = 4_294_967_295;
/** A Debian system uses ids up to 65534 (`nobody`). */
const NEEDED_IDS = 65_536;

/** The map of the user that we run as. @throws Failure of kind `host` for a user without a subordinate range. */
export async function idMapOfUser(): Promise<IdMap> {
  const { uid, gid, username } = userInfo();
  if (uid === 0) {
    const all = [{ inside: 0, outside: 0, length: ALL_IDS }];
    return { uid: all, gid: all };
  }
  const [uids, gids] = await Promise.all(
    ['/etc/subuid', '/etc/subgid'].map(async (file) =>
      subordinateRange(await readFile(file, 'utf8').catch(() => ''), { username, uid }),
    ),
  );
  if (uids === undefined || gids === undefined) throw noSubordinateIds(username);
  return { uid: [self(uid), uids], gid: [self(gid), gids] };
}

function self(id: number): IdRange {
  return { inside: 0, outside: id, length: 1 };
}

/**
 * The first range of a subuid(5) file that belongs to the user and holds enough ids, mapped from id 1 on.
 * Lines are `name-or-uid:first:count`.
 */
export function subordinateRange(
  text: string,
  user: { readonly username: string; readonly uid: number },
): IdRange | undefined {
  for (const line of text.split('\n')) {
    const [owner, first, count] = line.trim().split(':');
    if (owner !== user.username && owner !== String(user.uid)) continue;
    const [outside, length] = [Number(first), Number(count)];
    if (Number.isInteger(outside) && Number.isInteger(length) && length >= NEEDED_IDS - 1) {
      return { inside: 1, outside, length };
    }
  }
  return undefined;
}

/** The failure of a user that may not map enough ids. */
export function noSubordinateIds(username: string): Failure {
  return new Failure('host', {
    what: `The user ${username} has no range of subordinate user and group ids.`,
    expected: `a line for ${username} with at least ${NEEDED_IDS - 1} ids in /etc/subuid and in /etc/subgid`,
    found: 'none',
    hint: `As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username} (choose a range that no other user has).`,
  });
}

/** The text for /proc/PID/uid_map or gid_map. */
export function mapFileText(ranges: readonly IdRange[]): string {
  return ranges.map(({ inside, outside, length }) => `${inside} ${outside} ${length}\n`).join('');
}

/** The arguments of newuidmap(1) and newgidmap(1). */
export function mapToolArguments(pid: number, ranges: readonly IdRange[]): string[] {
  return [pid, ...ranges.flatMap(({ inside, outside, length }) => [inside, outside, length])].map(String);
}
