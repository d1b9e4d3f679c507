/** What the disk of a target host refuses is told as what it is, and where; not as a fault of this machine or of the tool that met it. */
import { Failure, type FailureKind } from '../../base/failure.js';
import type { HostFacts } from '../site/facts.js';
import type { TargetHost } from './host.js';
import { roomHint } from './room.js';

interface Refusal {
  /** strerror(3), as tools print it. */
  readonly said: RegExp;
  readonly kind: FailureKind;
  readonly state: string;
  readonly hint: (facts: Pick<HostFacts, 'name' | 'root'>) => string;
}

const REFUSALS: readonly Refusal[] = [
  {
    said: /No space left on device|ENOSPC/,
    kind: 'space',
    state: 'is full',
    hint: ({ name }) => roomHint(name),
  },
  {
    said: /quota exceeded|EDQUOT/i,
    kind: 'space',
    state: 'is at the quota of the account',
    hint: ({ name }) => `Raise the quota on ${name}. ${roomHint(name)}`,
  },
  {
    said: /Read-only file system|EROFS/,
    kind: 'host',
    state: 'is read-only',
    hint: ({ name }) =>
      `Its kernel log tells why, if nobody mounted it so. Mount it for writing on ${name}, then run the same command again.`,
  },
  {
    said: /Input\/output error|I\/O error|\bEIO\b/,
    kind: 'host',
    state: 'fails',
    hint: ({ name }) => `See the kernel log of ${name}, and replace the disk before anything else.`,
  },
];

/** @param lines that a tool printed @param doing verb phrase; undefined when they tell nothing of a disk */
export function diskRefusal(
  facts: Pick<HostFacts, 'name' | 'root'>,
  lines: readonly string[],
  doing: string,
  options: ConstructorParameters<typeof Failure>[2] = {},
): Failure | undefined {
  const found = lines.findLast((line) => REFUSALS.some(({ said }) => said.test(line)));
  const refusal = REFUSALS.find(({ said }) => found !== undefined && said.test(found));
  if (found === undefined || refusal === undefined) return undefined;
  return new Failure(
    refusal.kind,
    {
      what: `Could not ${doing}: the file system of ${facts.root} on ${facts.name} ${refusal.state}.`,
      found,
      hint: refusal.hint(facts),
    },
    options,
  );
}

/** The host, whose tools' failures tell of its disk where that is what they met. */
export function tellingOfDisk(host: TargetHost): TargetHost {
  return {
    ...host,
    run: async (argv, options) => {
      try {
        return await host.run(argv, options);
      } catch (error) {
        if (!(error instanceof Failure) || error.command === undefined) throw error;
        const { command } = error;
        throw diskRefusal(host.facts, command.lastLines, options.doing, { cause: error, command }) ?? error;
      }
    },
    read: async (path) => {
      try {
        return await host.read(path);
      } catch (error) {
        const lines =
          error instanceof Failure ? (error.command?.lastLines ?? []) : [(error as Error).message];
        throw diskRefusal(host.facts, lines, `read ${path}`, { cause: error }) ?? error;
      }
    },
    write: async (path, content, options) => {
      try {
        await host.write(path, content, options);
      } catch (error) {
        if (!(error instanceof Failure) || error.command === undefined) throw error;
        const { command } = error;
        throw diskRefusal(host.facts, command.lastLines, `write ${path}`, { cause: error, command }) ?? error;
      }
    },
  };
}
