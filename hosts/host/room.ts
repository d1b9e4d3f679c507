/** Whether anything can be written on a host, and what to do where nothing can. */
import { Failure } from '../../base/failure.js';
import type { TargetHost } from './host.js';
import { hostLayout } from './layout.js';

/** Bytes below which a disk counts as full: the texts of a change take some ten. */
const LEAST = 64 * 1024;

/** `$1`: root, or where it will be; `$2`: the reserve. Bytes of a block, blocks that are free for the super-user and for others. */
const LOOK = `
folder=$1
until [ -e "$folder" ]; do folder=$(dirname -- "$folder"); done
stat -f -c '%S %f %a' -- "$folder"
[ ! -s "$2" ] || echo reserve
`;

/**
 * @param frees whether the change frees room: then what is kept for it counts too
 * @throws Failure of kind `space` when the disk of the host is full
 */
export async function requireRoom(host: TargetHost, { frees }: { readonly frees: boolean }): Promise<void> {
  const { name, root } = host.facts;
  const { stdout } = await host.run(['sh', '-c', LOOK, 'sh', root, hostLayout(host.facts).reserve], {
    doing: `ask for the space in ${root}`,
    quiet: true,
  });
  const [first = '', second] = stdout.trim().split('\n');
  const [unit, forRoot, forOthers] = first.split(' ').map(Number);
  const free = (unit ?? 0) * (((host.account?.uid ?? 0) === 0 ? forRoot : forOthers) ?? 0);
  if (Number.isNaN(free) || !isFull(free) || (frees && second === 'reserve')) return;
  throw new Failure('space', {
    what: `${name} is full: nothing was changed there.`,
    expected: `room for the texts of a change in ${root}`,
    found: `${free} bytes`,
    hint: roomHint(name),
  });
}

export function isFull(free: number): boolean {
  return free < LEAST;
}

/** What to do on a host whose disk is full, where both of these work. @param host its name in the site */
export function roomHint(host: string): string {
  return `Remove releases that nothing needs: npx lunsmith release prune --keep 0 --on ${host}; LUNs that were deleted: npx lunsmith client prune --all --on ${host} --yes; or clients with their LUNs: npx lunsmith client rm CLIENT --yes --purge. Or add space. Then run the same command again.`;
}
