/** The states that lie on a target host, and how far each came. */

import { canonicalJson } from '../../base/digest.js';
import { Failure } from '../../base/failure.js';
import { parseRecord } from '../../base/schema/record.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import { EMPTY_STATE, type HostState, hostStateSchema } from '../host/state.js';
import { putLink } from './links.js';

/**
 * `offered`: its LUNs may be offered by the target. `converged`: all that lies outside of the state's folder follows it.
 * `cleaned`: nothing is on the host any more that it names and that the current state does not.
 */
export type Mark = 'offered' | 'converged' | 'cleaned';

export interface StateThere {
  readonly serial: number;
  readonly marks: ReadonlySet<string>;
}

export interface StatesThere {
  /** Serial of the one that clients see; undefined before the first change. */
  readonly current?: number;
  /** In the order of their serials; those that were begun and never became current are among them. */
  readonly all: readonly StateThere[];
}

const LIST = `
cd -- "$1" 2>/dev/null || exit 0
[ ! -L current ] || printf 'current %s\\n' "$(readlink current)"
for state in states/*/; do
  [ -d "$state" ] || continue
  marks=
  for mark in offered converged cleaned; do [ ! -e "$state$mark" ] || marks="$marks $mark"; done
  printf 'state %s%s\\n' "$state" "$marks"
done
`;

export async function listStates(host: TargetHost): Promise<StatesThere> {
  const { root } = hostLayout(host.facts);
  const { stdout } = await host.run(['sh', '-c', LIST, 'sh', root], {
    doing: `list the states of ${host.facts.name}`,
    quiet: true,
  });
  const lines = stdout.split('\n');
  const current = /^current states\/(\d+)$/.exec(lines[0] ?? '')?.[1];
  if (current === undefined && lines[0]?.startsWith('current ') === true)
    throw notCurrent(host, hostLayout(host.facts).current, lines[0].slice('current '.length));
  const all = lines.flatMap((line) => {
    const [, serial, marks = ''] = /^state states\/(\d+)\/(.*)$/.exec(line) ?? [];
    return serial === undefined ? [] : [{ serial: Number(serial), marks: new Set(marks.trim().split(' ')) }];
  });
  all.sort((a, b) => a.serial - b.serial);
  return { all, ...(current === undefined ? {} : { current: Number(current) }) };
}

/**
 * What the host serves now. @throws Failure of kind `integrity` when its state is damaged
 */
export async function readState(host: TargetHost): Promise<HostState> {
  const path = `${hostLayout(host.facts).current}/state.json`;
  const text = await host.read(path);
  if (text !== undefined) return parseState(host, byHand(host), path, text);
  const { current, all } = await listStates(host);
  // Who took a host with clients for an empty one would remove all that they have.
  if (current !== undefined || all.some(({ marks }) => marks.has('converged')))
    throw notCurrent(host, path, 'it is not there');
  return EMPTY_STATE;
}

/** A state by its serial; undefined when its folder was made and nothing written yet. */
export async function readStateOf(host: TargetHost, serial: number): Promise<HostState | undefined> {
  const folder = hostLayout(host.facts).state(serial);
  const path = `${folder}/state.json`;
  const text = await host.read(path);
  if (text === undefined) return undefined;
  const hint = `Clients do not see it. Move ${folder} away, by hand; targets and LUNs that it alone names are then yours to remove.`;
  return parseState(host, hint, path, text);
}

export function stateText(state: HostState): string {
  return canonicalJson(state);
}

export async function setMark(host: TargetHost, serial: number, mark: Mark): Promise<void> {
  await host.write(`${hostLayout(host.facts).state(serial)}/${mark}`, '', { mode: 0o644 });
}

export async function takeMark(host: TargetHost, serial: number, mark: Mark): Promise<void> {
  await host.run(['rm', '-f', '--', `${hostLayout(host.facts).state(serial)}/${mark}`], {
    doing: `note that state ${serial} is not ${mark}`,
  });
}

/** The one moment at which anything changes for a client. */
export async function switchTo(host: TargetHost, serial: number): Promise<void> {
  const { current, http } = hostLayout(host.facts);
  // It is the same for ever, and points to nothing until the first switch.
  await putLink(host, http, 'current/http', 'show the current state by HTTP');
  await putLink(host, current, `states/${serial}`, `switch ${host.facts.name} to state ${serial}`);
}

type Why = readonly [path: string, found: string];

function parseState(host: TargetHost, hint: string, path: string, text: string): HostState {
  const what = `The state of ${host.facts.name}`;
  return parseRecord(text, hostStateSchema, { file: `${path} on ${host.facts.name}`, what, hint });
}

/** What to do about the state that clients see. */
function byHand({ facts: { root } }: TargetHost): string {
  return `Point ${root}/current at the newest folder of ${root}/states that is whole, by hand, or use the version of lunsmith that wrote it.`;
}

function notCurrent(host: TargetHost, ...[path, found]: Why): Failure {
  return new Failure('integrity', {
    what: `The state of ${host.facts.name} is damaged, or was written by another version of lunsmith: ${path}`,
    expected: 'a state of the format lunsmith-host/1',
    found,
    hint: byHand(host),
  });
}
