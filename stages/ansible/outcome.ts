/** What ansible-playbook tells of a run that failed, by its default output. */

export interface FailedTask {
  readonly name: string;
  /** Path in the tree's world and line, as it tells them. */
  readonly file?: string;
  readonly line?: number;
  /** What the task says of it. */
  readonly message: string;
}

/** The last task that failed, or undefined where none did: the playbook cannot be read then. */
export function failedTask(output: string): FailedTask | undefined {
  let name = '';
  let place: { file: string; line: number } | undefined;
  let failed: FailedTask | undefined;
  for (const text of output.split('\n')) {
    const task = /^(?:TASK|RUNNING HANDLER) \[(.*)\] \*+$/.exec(text);
    if (task !== null) {
      name = task[1] ?? '';
      place = undefined;
    }
    const [, file, line] = /^task path: (.+):(\d+)$/.exec(text) ?? [];
    if (file !== undefined) place = { file, line: Number(line) };
    // Of a loop each item that fails has a line of its own, and the task none.
    const [, item, message] =
      /^(?:fatal: \[[^\]]*\]: \S+|failed: \[[^\]]*\](?: \((item=.*?)\))?) => (.*)$/.exec(text) ?? [];
    // What is ignored says so in the line after it.
    if (message !== undefined)
      failed = {
        name,
        ...place,
        message: [...(item === undefined ? [] : [item]), messageOf(message)].join(': '),
      };
    if (text === '...ignoring') failed = undefined;
  }
  return failed;
}

/** Characters of it all; the log has the rest. What is cut off at the very end alone can be told for half a secret (base/mask.ts). */
const LONGEST = 1000;

/** What it says in a line: `msg`, or why it is hidden, and the end of what a command has printed, or a module that broke. */
function messageOf(json: string): string {
  try {
    const { msg, censored, module_stderr, stderr, stdout } = JSON.parse(json) as Readonly<
      Record<string, unknown>
    >;
    const texts = [msg, censored, module_stderr, stderr, stdout]
      .filter((each) => each !== undefined && each !== '')
      .map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    return texts
      .slice(0, 2)
      .map((each) => each.trim().split('\n').slice(-3).join('; '))
      .join(': ')
      .slice(0, LONGEST);
  } catch {
    return json.slice(0, LONGEST);
  }
}

export interface UnreadablePlaybook {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** @param errors what it printed to stderr */
export function unreadable(errors: string): UnreadablePlaybook | undefined {
  const message = /^(?:ERROR! |\[ERROR\]: )(.*)$/m.exec(errors)?.[1];
  if (message === undefined) return undefined;
  const [, file, line] = /'([^']+)': line (\d+), column \d+/.exec(errors) ?? [];
  return { message, ...(file === undefined ? {} : { file, line: Number(line) }) };
}
