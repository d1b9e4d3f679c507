/** Whether a state agrees with itself, and with the facts of its host. */
import { lunSerial } from '../change/generations.js';
import { hostLayout } from '../host/layout.js';
import { type Generation, type HostState, lunsOf } from '../host/state.js';
import { installerOf } from '../site/blank.js';
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

export interface NamedLun {
  readonly client: string;
  readonly image: string;
  readonly id: string;
  readonly serial: string;
  readonly disk: string;
  readonly bytes: number;
  readonly readOnly?: true | undefined;
}

/** Every LUN of every generation; that of an installer by its own name. */
export function namedLuns(generations: readonly NamedGeneration[]): NamedLun[] {
  return generations.flatMap((generation) => {
    const { client, image, id } = generation;
    return lunsOf(generation).map(({ serial, disk, bytes, readOnly }, index) => ({
      ...{ client, image: index === 0 ? image : installerOf(image), id, serial, disk, bytes, readOnly },
    }));
  });
}

/** Pure. */
export function stateFindings(facts: HostFacts, state: HostState): Finding[] {
  const generations = namedGenerations(state);
  const luns = namedLuns(generations);
  return [
    ...channelFindings(facts, state),
    ...generations.flatMap((each) => nameFindings(facts, each)),
    ...(isArray(facts) ? [] : sharedFindings(generations, 'target', ({ target }) => target)),
    ...sharedFindings(luns, 'serial', ({ serial }) => serial),
    ...(isArray(facts)
      ? []
      : sharedFindings(
          luns.filter(({ readOnly }) => readOnly !== true),
          'disk',
          ({ disk }) => disk,
        )),
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

function nameFindings(facts: HostFacts, generation: NamedGeneration): Finding[] {
  const { prefix } = facts.target;
  const { client, image, id, target } = generation;
  const wanted = `${prefix}:${client}.${image}.${id}`;
  // The array has names of its own.
  const array = isArray(facts);
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
  for (const [index, { serial }] of lunsOf(generation).entries()) {
    const digits = lunSerial(array ? wanted : target, index);
    if (serial === digits) continue;
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

const WORDS = { target: 'the same target', serial: 'the same serial number', disk: 'the same disk' } as const;

/** What no two LUNs may have in common; on an array a new generation has the name of the one before it, and each the same image. */
function sharedFindings<T extends Pick<NamedLun, 'client' | 'image' | 'id'>>(
  all: readonly T[],
  key: keyof typeof WORDS,
  of: (each: T) => string,
): Finding[] {
  const owners = new Map<string, T>();
  return all.flatMap((each): Finding[] => {
    const owner = owners.get(of(each));
    owners.set(of(each), owner ?? each);
    if (owner === undefined) return [];
    const [first, second] = [owner, each].map(({ client, image, id }) => `${client}, image ${image}, ${id}`);
    return [
      {
        ...{ level: 'error', about: 'state', what: `Two LUNs have ${WORDS[key]}.`, where: of(each) },
        ...{ expected: 'one of its own for each LUN', found: `${first}; ${second}` },
        hint: `Shut both clients down, then give one a fresh LUN: npx lunsmith client reset ${each.client}`,
      },
    ];
  });
}
