/**
 * Who may look into what below the root of a target host. Servers run as users of their own: they enter every folder on the way to what
 * they serve, and what is secret only its owner enters. Files that are handed out have their modes from their maker
 * (boot-file.ts); this is about folders, and about everything secret.
 */
import type { TargetHost } from './host.js';
import { hostLayout } from './layout.js';

/** The folder, relative to the root, that only its owner enters. */
const SECRET = 'secrets';
/** What servers read, and the folders that lead there. */
const SERVED = /^(?:releases|states|tftp|conf|ipxe)(?:\/|$)/;

const ENTER = 0o111;
const READ_AND_ENTER = 0o555;
const OTHERS = 0o077;
const WRITE_BY_OTHERS = 0o002;

/** What is wrong with the permission bits of a folder; undefined: nothing. @param path relative to the root, which is `.` */
export function folderProblem(
  path: string,
  mode: number,
): { readonly expected: string; readonly mended: number } | undefined {
  if (path === SECRET) {
    return (mode & OTHERS) === 0
      ? undefined
      : { expected: 'mode 700: nobody but its owner enters it', mended: 0o700 };
  }
  const needed = path === '.' ? ENTER : SERVED.test(path) ? READ_AND_ENTER : 0;
  if ((mode & needed) === needed && (mode & WRITE_BY_OTHERS) === 0) return undefined;
  const expected =
    (mode & WRITE_BY_OTHERS) === 0
      ? 'a folder that the servers may enter, such as mode 755'
      : 'nobody but its owner may write';
  return { expected, mended: (mode | needed | 0o700) & ~WRITE_BY_OTHERS };
}

/** `$1`: root. Gives secrets and LUNs to their owners alone, and prints the mode of each folder but of those in which LUNs lie. */
const CLOSE_AND_LIST = `
cd -- "$1" 2>/dev/null || exit 0
find . -path ./clients -prune -o -type d -exec stat -c '%a %n' {} +
for folder in secrets states/*/secrets; do
  [ ! -d "$folder" ] || find "$folder" -type f ! -perm 600 -exec chmod 600 {} +
done
[ ! -d clients ] || find clients -type f ! -perm 600 -exec chmod 600 {} +
find . -type f -perm -002 -exec chmod o-w {} +
`;

/** Lines of a mode and a path by the input. */
const MEND = `
cd -- "$1"
while read -r mode path; do chmod "$mode" -- "$path"; done
`;

/** Gives every folder and every secret below the root the modes that it needs; those that have them are left alone. */
export async function mendModes(host: TargetHost): Promise<void> {
  const { root } = hostLayout(host.facts);
  const doing = `mend the modes below ${root}`;
  const { stdout } = await host.run(['sh', '-c', CLOSE_AND_LIST, 'sh', root], { doing, quiet: true });
  const lines = stdout.split('\n').flatMap((line) => {
    const [, mode, path] = /^([0-7]+) (.+)$/.exec(line) ?? [];
    if (mode === undefined || path === undefined) return [];
    const problem = folderProblem(path.replace(/^\.\//, ''), Number.parseInt(mode, 8));
    return problem === undefined ? [] : [`${problem.mended.toString(8)} ${path}\n`];
  });
  if (lines.length === 0) return;
  await host.run(['sh', '-c', MEND, 'sh', root], { doing, input: lines.join(''), quiet: true });
}
