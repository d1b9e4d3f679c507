/** What a build needs of its host, told all at once and before any work: programs, their versions, id ranges. */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { createPorts, TOOL_PATH } from '../base/command.js';
import { throwIfAny } from '../base/diagnostic.js';
import { type Diagnostic, Failure } from '../base/failure.js';
import { compareVersions } from './plan/plan.js';
import { idMapOfUser } from './sandbox/id-map.js';
import type { ToolNeed } from './stage.js';

/** What is known of a program that is there. */
export interface FoundTool {
  /** Undefined when no version was asked for, or when the program does not tell. */
  readonly version?: string;
}

/** Looks a program up; its version only matters to a need with `min`. */
export type FindTool = (need: ToolNeed) => Promise<FoundTool | undefined>;

/** Programs that the sandbox itself is made with. */
const SANDBOX_TOOLS: readonly ToolNeed[] = [
  { name: 'unshare', package: 'util-linux' },
  { name: 'setpriv', package: 'util-linux' },
  { name: 'mount', package: 'mount' },
  { name: 'hostname', package: 'hostname' },
  // --chmod and --perms.
  { name: 'bwrap', package: 'bubblewrap', min: '0.5.0' },
  { name: 'nsenter', package: 'util-linux' },
];
/** … and those that map the ids of an ordinary user. */
const USER_TOOLS: readonly ToolNeed[] = [
  { name: 'newuidmap', package: 'uidmap' },
  { name: 'newgidmap', package: 'uidmap' },
];
/** Seconds that a program may take to tell its version. */
const VERSION_TIMEOUT = 20;

/**
 * Everything that this host lacks for a build with these tools.
 * @throws Failure of kind `host` that names all of it, with the one command that installs the packages
 */
export async function requireHost(needs: readonly ToolNeed[], find: FindTool = findTool): Promise<void> {
  const asRoot = userInfo().uid === 0;
  const all = [...needs, ...SANDBOX_TOOLS, ...(asRoot ? [] : USER_TOOLS)];
  throwIfAny('host', [...(await missingTools(all, find, asRoot)), ...(await namespaceProblems())]);
}

/** Missing programs as one diagnostic with one command, and one for each that is too old. */
export async function missingTools(
  needs: readonly ToolNeed[],
  find: FindTool,
  asRoot: boolean,
): Promise<Diagnostic[]> {
  const unique = [...new Map(needs.map((need) => [`${need.name} ${need.min ?? ''}`, need])).values()];
  const looked = await Promise.all(unique.map(async (need) => ({ need, found: await find(need) })));
  const missing = looked.filter(({ found }) => found === undefined).map(({ need }) => need);
  const tooOld = looked.flatMap(({ need: { name, min, package: pack }, found }) => {
    const version = found?.version;
    if (min === undefined || version === undefined || compareVersions(version, min) >= 0) return [];
    const upgrade = `Upgrade it: ${installCommand([pack], asRoot)}; if that brings no newer one, use a newer release of your distribution.`;
    return [
      {
        what: `${name} is too old.`,
        expected: `version ${min} or later`,
        found: `version ${version}`,
        hint: upgrade,
      },
    ];
  });
  const names = [...new Set(missing.map(({ name }) => name))].sort();
  const packages = [...new Set(missing.map((need) => need.package))].sort();
  if (names.length === 0) return tooOld;
  const what =
    names.length === 1
      ? `The program ${names[0]} is missing.`
      : `These programs are missing: ${names.join(', ')}.`;
  return [
    { what, hint: `Install ${names.length === 1 ? 'it' : 'them'}: ${installCommand(packages, asRoot)}` },
    ...tooOld,
  ];
}

function installCommand(packages: readonly string[], asRoot: boolean): string {
  return `${asRoot ? '' : 'sudo '}apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/** What keeps this user from making namespaces: subuid(5), user_namespaces(7). */
async function namespaceProblems(): Promise<Diagnostic[]> {
  const problems: Diagnostic[] = [];
  try {
    await idMapOfUser();
  } catch (error) {
    problems.push(...Failure.from(error).diagnostics);
  }
  const limits = [
    'user/max_user_namespaces',
    ...(userInfo().uid === 0 ? [] : ['kernel/unprivileged_userns_clone']),
  ];
  for (const limit of limits) {
    const text = await readFile(join('/proc/sys', limit), 'utf8').catch(() => '');
    if (text.trim() !== '0') continue;
    const name = limit.replace('/', '.');
    problems.push({
      what: 'This host forbids user namespaces.',
      found: `${name} = 0`,
      hint: `As root: sysctl -w ${name}=${name.startsWith('user.') ? '15000' : '1'} (and the same line in /etc/sysctl.d/ to keep it).`,
    });
  }
  return problems;
}

/** Looks in the directories that our commands are run with. */
async function findTool({ name, min }: ToolNeed): Promise<FoundTool | undefined> {
  // A file that is no program is named by its path.
  if (isAbsolute(name)) {
    return access(name, constants.R_OK).then(
      () => ({}),
      () => undefined,
    );
  }
  for (const folder of TOOL_PATH.split(':')) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
    } catch {
      continue;
    }
    if (min === undefined) return {};
    const version = await versionOf(path);
    return version === undefined ? {} : { version };
  }
  return undefined;
}

/** The first number with a dot that `--version`, or `-V` of older programs, prints. */
async function versionOf(path: string): Promise<string | undefined> {
  const ports = createPorts({ emit: () => undefined, signal: AbortSignal.timeout(VERSION_TIMEOUT * 1000) });
  const anyCode = Array.from({ length: 256 }, (_, code) => code);
  for (const option of ['--version', '-V']) {
    const doing = `ask ${path} for its version`;
    const { stdout, stderr } = await ports.run([path, option], { doing, quiet: true, okExitCodes: anyCode });
    const version = versionIn(`${stdout}\n${stderr}`);
    if (version !== undefined) return version;
  }
  return undefined;
}

/** Btrfs has a `v` before it. */
export function versionIn(text: string): string | undefined {
  return /(?<![\w.])v?([0-9]+(?:\.[0-9]+)+)/.exec(text)?.[1];
}
