/** What systemd says on the console of a boot that does not come up: which unit it is, and since when. */

/** A line of console.log: the seconds since power-on, then what was said. */
const LINE = /^ *(?<at>\d+\.\d+) {2}(?<said>.*)$/;
const BEGIN = /^(?:SAN|Direct) boot, attempt /;
/** systemd repeats it while it waits, with the time that has passed; of a unit without a description it tells the name. */
const JOB =
  /(?:A (?:start|stop) job is running for (?<what>.+)|Job (?<unit>\S+)\/\w+ running) \((?<passed>[^()]+) \/ [^()]+\)/;
const FAILED = /Timed out waiting for device .+|Dependency failed for .+|Failed to (?:start|mount) .+/;
const UNITS: Readonly<Record<string, number>> = { h: 3600, min: 60, s: 1 };
const MOST = 3;

interface Line {
  readonly at: number;
  readonly said: string;
}

/**
 * What the last boot in the log waited for or lacked, in systemd's words, each with its time in seconds since power-on;
 * undefined if it says nothing of the kind.
 * @param log the text of console.log
 */
export function causeOf(log: string): string | undefined {
  const lines = lastBoot(log);
  const failed = lines.flatMap(({ at, said }) => {
    const found = FAILED.exec(said)?.[0].trim();
    return found === undefined ? [] : [`at ${at} s: ${found}`];
  });
  const waits = waitingJob(lines);
  const causes = [...failed.slice(0, MOST), ...(waits === undefined ? [] : [waits])];
  return causes.length === 0 ? undefined : causes.join('; ');
}

function lastBoot(log: string): Line[] {
  const lines = log.split('\n').flatMap((line) => {
    const { at, said } = LINE.exec(line)?.groups ?? {};
    return at === undefined || said === undefined ? [] : [{ at: Math.round(Number(at)), said }];
  });
  return lines.slice(
    Math.max(
      0,
      lines.findLastIndex(({ said }) => BEGIN.test(said)),
    ),
  );
}

/** The job that was waited for at the end: nothing was said of its unit since. */
function waitingJob(lines: readonly Line[]): string | undefined {
  const index = lines.findLastIndex(({ said }) => JOB.test(said));
  const line = lines[index];
  const { what, unit = what, passed } = JOB.exec(line?.said ?? '')?.groups ?? {};
  if (line === undefined || unit === undefined || passed === undefined) return undefined;
  if (lines.slice(index + 1).some(({ said }) => said.includes(unit))) return undefined;
  const job = JOB.exec(line.said)?.[0] ?? '';
  return `since ${line.at - secondsOf(passed)} s: ${job}`;
}

/** `1min 23s` of systemd.time(7). */
function secondsOf(span: string): number {
  return [...span.matchAll(/(\d+)(h|min|s)\b/g)].reduce(
    (total, [, number, unit = '']) => total + Number(number) * (UNITS[unit] ?? 0),
    0,
  );
}
