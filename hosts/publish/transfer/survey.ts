/** What a target host has and can. */
import { SURVEY } from './survey-script.js';
import type { Wire } from './wire.js';

export interface HostRelease {
  readonly digest: string;
  /** Name of the recipe; empty when it cannot be told. */
  readonly recipe: string;
  /** Whether the host keeps its index. */
  readonly indexed: boolean;
}

export interface Survey {
  /** Whether the release is there already. */
  readonly here: boolean;
  /** sha256 of the proofs of that release, by file name. */
  readonly proofs: ReadonlyMap<string, string>;
  /** Names of the chunks of it that have arrived, as files. */
  readonly chunks: ReadonlySet<string>;
  /** Published last first. */
  readonly releases: readonly HostRelease[];
  readonly tools: ReadonlySet<string>;
  /** Bytes that are free. */
  readonly free: number;
}

/** Asks a target host, and removes there what was given up. @throws Failure as the host's `run` */
export async function surveyHost(wire: Wire, digest: string): Promise<Survey> {
  return parseSurvey(await wire.script(SURVEY, [wire.root, digest], { doing: `look at ${wire.name}` }));
}

function parseSurvey(text: string): Survey {
  const facts = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  const all = (kind: string) => facts.filter(([word]) => word === kind);
  const names = (kind: string) => all(kind).map(([, name = '']) => name);
  const indexed = new Set(names('index'));
  const serials = new Map(all('published').map(([, serial, digest = '']) => [digest, Number(serial)]));
  const [free = '0'] = names('space');
  return {
    here: all('here').length > 0,
    proofs: new Map(all('proof').map(([, sum = '', ...name]) => [name.join(' '), sum])),
    chunks: new Set(names('chunk')),
    releases: all('release')
      .map(([, digest = '', ...recipe]) => ({
        digest,
        recipe: recipe.join(' '),
        indexed: indexed.has(digest),
      }))
      .sort((a, b) => (serials.get(b.digest) ?? 0) - (serials.get(a.digest) ?? 0)),
    tools: new Set(names('tool')),
    free: Number(free) * 1024,
  };
}
