/** Who runs this process. */
import { userInfo } from 'node:os';

/** A user of a container may have a number and no name: passwd(5) does not list it, and userInfo() fails. */
export function ownUser(): { readonly uid: number; readonly name: string } {
  const uid = process.getuid?.() ?? 0;
  try {
    return { uid, name: userInfo().username };
  } catch {
    return { uid, name: `user ${uid}` };
  }
}
