/**
 * In which order releases were published to a target host: a serial for each, kept there, and raised as well for one that was there
 * already. No clock decides it. The file is text, as the shell there reads it too:
 *
 * ```
 * lunsmith-publications/1
 * 6 <digest>
 * 7 <digest>
 * ```
 */
import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';

const FORMAT = 'lunsmith-publications/1';
const LINE = /^([1-9][0-9]{0,14}) ([0-9a-f]{64})$/;

/** Serials by digest; higher is later. Releases that came before there were serials have none. */
export type Publications = ReadonlyMap<string, number>;

/** @throws Failure of kind `integrity` for a file that is not of this format */
export async function readPublications(host: TargetHost): Promise<Publications> {
  const { publications: path } = hostLayout(host.facts);
  const text = await host.read(path);
  return text === undefined ? new Map() : parsePublications(text, (found) => damaged(host, path, found));
}

/** @param failure of what was found in the place of a line */
function parsePublications(text: string, failure: (found: string) => Failure): Publications {
  const [format, ...lines] = text.replace(/\n$/, '').split('\n');
  if (format !== FORMAT) throw failure(`\`${(format ?? '').slice(0, 80)}\` in line 1`);
  return new Map(
    lines.map((line, index) => {
      const [, serial, digest] = LINE.exec(line) ?? [];
      if (digest === undefined) throw failure(`\`${line.slice(0, 80)}\` in line ${index + 2}`);
      return [digest, Number(serial)];
    }),
  );
}

/**
 * Notes that a release is published now; to be called by the holder of the publishing lock, and before the release appears: one that
 * is cut off afterwards is in its place, and one that never arrives is not looked for.
 * @param there digests of the releases that are on the host; of others the serials are forgotten
 */
export async function recordPublication(
  host: TargetHost,
  digest: string,
  there: readonly string[],
): Promise<void> {
  const known = await readPublications(host);
  const serial = Math.max(0, ...known.values()) + 1;
  const kept = [...known].filter(([each]) => each !== digest && there.includes(each));
  const lines = [...kept, [digest, serial] as const]
    .sort(([, a], [, b]) => a - b)
    .map(([each, at]) => `${at} ${each}`);
  const { publications } = hostLayout(host.facts);
  await host.write(publications, `${[FORMAT, ...lines].join('\n')}\n`, { mode: 0o644 });
}

function damaged({ facts }: TargetHost, path: string, found: string): Failure {
  return new Failure('integrity', {
    what: `The order of publications on ${facts.name} cannot be read: ${path}`,
    expected: `\`${FORMAT}\`, then lines of a serial and a digest`,
    found,
    hint: `Move that file away on ${facts.name}, then publish the newest release again.`,
  });
}
