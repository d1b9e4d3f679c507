/** Whether a state agrees with itself, and with the facts of its host. */
import { sha256OfText } from '../../base/digest.js';
import { hostLayout } from '../host/layout.js';
import type { Generation, HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { isArray } from '../site/portal.js';
import type { Finding } from './finding.js';

export interface NamedGeneration extends Generation {
  readonly client: string;
  readonly image: string;
}

export function namedGenerations({ clients }: HostState): NamedGeneration[] {
  return Object.entries(clients).flatMap(([client, { images }]) =>
    Object.entries(images).flatMap(([image, { generations }]) =>
      generations.map((each) => ({ ...each, client, image })),
    ),
  );
}

/** Pure. */
export function stateFindings(facts: HostFacts, state: HostState): Finding[] {
  const generations = namedGenerations(state);
  return [
    ...channelFindings(facts, state),
    ...generations.flatMap((each) => nameFindings(facts, each)),
    ...sharable(facts).flatMap((key) => sharedFindings(generations, key)),
  ];
}

/** A rollback goes by the history, all else by the release. */
function channelFindings(facts: HostFacts, { channels }: HostState): Finding[] {
  return Object.entries(channels).flatMap(([name, { release, history }]): Finding[] => {
    const last = history.at(-1)?.release;
    if (last === release) return [];
    return [
      {
        ...{
          level: 'error',
          about: 'state',
          what: `The channel ${name} is not at the last of its releases.`,
        },
        where: `${hostLayout(facts).current}/state.json`,
        ...{ expected: last ?? 'at least one release', found: release },
        hint: `Somebody edited it. Promote a release: npx lunsmith promote RELEASE ${name} --on ${facts.name}`,
      },
    ];
  });
}

function nameFindings({ target: { kind, prefix } }: HostFacts, generation: NamedGeneration): Finding[] {
  const { client, image, id, target, serial } = generation;
  const wanted = `${prefix}:${client}.${image}.${id}`;
  // The array has names of its own.
  const array = kind === 'none';
  const digits = sha256OfText(array ? wanted : target).slice(0, 16);
  const hint = `Give it a fresh LUN: npx lunsmith client reset ${client}`;
  const findings: Finding[] = [];
  if (target !== wanted && !array) {
    findings.push({
      ...{
        level: 'warning',
        about: 'state',
        what: `A target of ${client} has another name than the site gives it.`,
      },
      ...{ where: target, expected: wanted, found: target, hint: `The prefix was changed. ${hint}` },
    });
  }
  if (serial !== digits) {
    findings.push({
      ...{
        level: 'error',
        about: 'state',
        what: `A LUN of ${client} has another serial number than follows from its target.`,
      },
      ...{ where: target, expected: digits, found: serial, hint },
    });
  }
  return findings;
}

/** What no two LUNs may have in common; on an array a new generation has the name of the one before it, and each the same image. */
function sharable(facts: HostFacts): readonly (keyof typeof WORDS)[] {
  return isArray(facts) ? ['serial'] : ['target', 'serial', 'disk'];
}

const WORDS = { target: 'the same target', serial: 'the same serial number', disk: 'the same disk' } as const;

function sharedFindings(generations: readonly NamedGeneration[], key: keyof typeof WORDS): Finding[] {
  const owners = new Map<string, NamedGeneration>();
  return generations.flatMap((each): Finding[] => {
    const owner = owners.get(each[key]);
    owners.set(each[key], owner ?? each);
    if (owner === undefined) return [];
    const [first, second] = [owner, each].map(({ client, image, id }) => `${client}, image ${image}, ${id}`);
    return [
      {
        ...{ level: 'error', about: 'state', what: `Two LUNs have ${WORDS[key]}.`, where: each[key] },
        ...{ expected: 'one of its own for each LUN', found: `${first}; ${second}` },
        hint: `Shut both clients down, then give one a fresh LUN: npx lunsmith client reset ${each.client}`,
      },
    ];
  });
}
