/**
 * Room that is kept on a host, as a file of no other use. What frees room has to be written down before it is done, and on a disk that is
 * full that takes this file's place.
 */
import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';

/**
 * `$1`: root; `$2`: the file's name. A state takes about as much as the one before it. Nothing is kept where it would be a large part of
 * what is left. What is written cannot be packed by a file system that packs.
 */
const KEEP = `
cd -- "$1" || exit 0
state=$(du -sk current/ | cut -f 1)
wanted=$((1024 + 2 * \${state:-0}))
there=$(du -k "$2" 2>/dev/null | cut -f 1)
[ "\${there:-0}" -lt "$wanted" ] || exit 0
free=$(df -Pk . | { read -r _; read -r _ _ _ free _; echo "$free"; })
[ "$free" -gt $((4 * wanted)) ] || exit 0
umask 077
trap 'rm -f -- "$2.partial"' EXIT
dd if=/dev/urandom of="$2.partial" bs=1024 count="$wanted" 2>/dev/null && mv -f -- "$2.partial" "$2"
`;

/** Makes the file, or a longer one; where that cannot be, there is none, or the one that was. */
export async function keepReserve(host: TargetHost): Promise<void> {
  const { root, reserve } = hostLayout(host.facts);
  const doing = `keep some room on ${host.facts.name}`;
  const name = reserve.slice(root.length + 1);
  await host.run(['sh', '-c', KEEP, 'sh', root, name], { doing, quiet: true }).catch((error: unknown) => {
    if (error instanceof Failure && error.kind !== 'network' && error.kind !== 'interrupted') return;
    throw error;
  });
}

/** Does what frees room; where that finds none, once more in the place of the file. */
export async function withReserve<T>(host: TargetHost, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'space' || !(await spend(host))) throw error;
    return await work();
  }
}

const SPEND = '[ -f "$1" ] && rm -f -- "$1" && echo spent || :';

/** @returns whether there was one */
async function spend(host: TargetHost): Promise<boolean> {
  const { reserve } = hostLayout(host.facts);
  const { stdout } = await host.run(['sh', '-c', SPEND, 'sh', reserve], {
    doing: `give up ${reserve}`,
    quiet: true,
  });
  return stdout === 'spent\n';
}
