/** One attempt at a release: what is missing is sent in chunks, and then the host puts all of it together. */
import { hash } from 'node:crypto';
import { BLOCK } from '../../../artifacts/formats/ext4-size.js';
import type { Span } from '../../../artifacts/formats/ranges.js';
import type { Release } from '../../../artifacts/release/release.js';
import { sha256OfText } from '../../../base/digest.js';
import { Failure } from '../../../base/failure.js';
import { allSettled } from '../../../base/settled.js';
import { ASSEMBLE } from './assemble-program.js';
import { FINISH } from './finish-script.js';
import { digestBytes, tableText } from './kept-index.js';
import {
  type Chunk,
  chunkBytes,
  countBlocks,
  cutIntoChunks,
  type LiteralReader,
  literalDigests,
  openLiterals,
} from './literals.js';
import type { Packing } from './packing.js';
import type { Plan } from './plan.js';
import { planText } from './plan-text.js';
import { RECEIVE } from './receive-script.js';
import type { ReleaseIndex } from './release-index.js';
import type { Survey } from './survey.js';
import type { Wire } from './wire.js';

export interface Delivery {
  readonly wire: Wire;
  readonly release: Release;
  readonly index: ReleaseIndex;
  readonly survey: Pick<Survey, 'tools' | 'chunks' | 'free' | 'releases'>;
  readonly packing: Packing;
  readonly onProgress: (what: 'send' | 'assemble', done: number, total: number) => void;
}

export type Outcome =
  | { readonly kind: 'done' }
  /** Another transfer has put the same release there. */
  | { readonly kind: 'there' }
  /** What came of it was not this file. */
  | { readonly kind: 'damaged'; readonly file: string };

/** How often a chunk is sent that arrives damaged, or that is gone when it is needed. */
const ATTEMPTS = 3;
/** Chunks under way: one is packed while the other is sent. */
const WIDTH = 2;

/** @throws Failure as the host's `run`; of kind `host` when it has no perl, `space` when it has no room, `network` when chunks do not arrive */
export async function deliver(plan: Plan, delivery: Delivery): Promise<Outcome> {
  const { wire, survey, packing } = delivery;
  if (!survey.tools.has('perl')) {
    throw new Failure('host', {
      what: `${wire.name} has no perl, which puts releases together there.`,
      expected: 'perl on the PATH of the user that connects; none of its modules but POSIX',
      hint: 'Install it there. In Debian it is in perl-base, an essential package.',
    });
  }
  const blocks = countBlocks(plan.literals);
  if (blocks * BLOCK > survey.free) {
    const [needed, free] = [blocks * BLOCK, survey.free].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
    throw wire.full('send the release', `${free} free, ${needed} needed at least`);
  }
  await using reader = openLiterals(delivery.release, delivery.index);
  const pieces = cutIntoChunks(plan.literals, chunkBytes(blocks * BLOCK) / BLOCK);
  const arrived = new Set(survey.chunks);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const sent = await sendAll(pieces, plan, reader, arrived, delivery);
    if (sent === undefined) return { kind: 'there' };
    const lines = await finish(plan, sent, delivery);
    const missing = lines.filter((line) => line.startsWith('missing ')).map((line) => line.slice(8));
    const bad = lines.find((line) => line.startsWith('damaged '));
    if (bad !== undefined) return { kind: 'damaged', file: bad.slice(8) };
    if (lines.includes('there')) return { kind: 'there' };
    if (lines.includes('done')) return { kind: 'done' };
    for (const name of missing) arrived.delete(name);
  }
  throw new Failure('network', {
    what: `Chunks of the release vanish on ${wire.name} as soon as they have arrived.`,
    found: `${ATTEMPTS} attempts, packed as ${packing.suffix}`,
    hint: `Make sure that nothing else cleans ${wire.root}/incoming on ${wire.name}.`,
  });
}

interface Sent {
  readonly literals: readonly string[];
  readonly digests?: string;
}

/** Sends what has not arrived; undefined when the release is there meanwhile. */
async function sendAll(
  pieces: readonly (readonly Span[])[],
  plan: Plan,
  reader: LiteralReader,
  arrived: Set<string>,
  delivery: Delivery,
): Promise<Sent | undefined> {
  const total = countBlocks(plan.literals) * BLOCK;
  const hard = total <= 64 * 1024 * 1024;
  const names: string[] = [];
  let [next, done, there] = [0, 0, false];
  const work = async () => {
    while (next < pieces.length && !there) {
      const number = next;
      next += 1;
      const chunk = await reader.read(pieces[number] ?? []);
      names[number] = chunk.name;
      if (!(await send(chunk, hard, arrived, delivery))) there = true;
      done += chunk.bytes.length;
      delivery.onProgress('send', done, total);
    }
  };
  const guarded = () =>
    work().catch((error: unknown) => {
      next = pieces.length;
      throw error;
    });
  await allSettled(Array.from({ length: WIDTH }, guarded));
  if (there) return undefined;
  if (!makesIndex(plan, delivery)) return { literals: names };
  const bytes = digestBytes(literalDigests(plan, delivery.index));
  const digests = { name: hash('sha256', bytes), bytes };
  if (!(await send(digests, false, arrived, delivery))) return undefined;
  return { literals: names, digests: digests.name };
}

/** The host makes the index of the release from those of the seeds, if it has all of them. */
function makesIndex({ seeds }: Plan, { survey }: Delivery): boolean {
  const indexed = (digest: string) => survey.releases.some((each) => each.digest === digest && each.indexed);
  return seeds.every(({ digest }) => indexed(digest));
}

/** @returns false when the release is there meanwhile */
async function send(chunk: Chunk, hard: boolean, arrived: Set<string>, delivery: Delivery): Promise<boolean> {
  const { wire, release, packing } = delivery;
  const file = chunk.name + packing.suffix;
  if (arrived.has(file)) return true;
  const input = await packing.pack(chunk.bytes, hard);
  const args = [wire.root, release.digest, file, chunk.name, packing.unpack];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const answer = (await wire.script(RECEIVE, args, { doing: `send to ${wire.name}`, input })).trim();
    if (answer === 'there') return false;
    if (answer === 'here') {
      arrived.add(file);
      return true;
    }
  }
  throw new Failure('network', {
    what: `What is sent to ${wire.name} does not arrive whole.`,
    expected: `content with the sha256 ${chunk.name}`,
    found: `other content, ${ATTEMPTS} times`,
    hint: `Check the connection, and that \`${packing.unpack}\` works on ${wire.name}.`,
  });
}

async function finish(plan: Plan, sent: Sent, delivery: Delivery): Promise<string[]> {
  const { wire, release, packing, survey, index, onProgress } = delivery;
  const all = plan.files.flatMap(({ runs }) => runs).reduce((sum, { count }) => sum + count, 0) * BLOCK;
  const hasher = survey.tools.has('openssl') ? 'openssl dgst -sha256 -r' : 'sha256sum';
  const text = planText(plan, sent);
  const input = await packing.pack(Buffer.from(text), true);
  const args = [wire.root, release.digest, packing.suffix, packing.unpack, hasher, ASSEMBLE];
  const printed = await wire.script(FINISH, [...args, tableText(index.files), sha256OfText(text)], {
    doing: `put the release together on ${wire.name}`,
    input,
    onLine: (line) => {
      if (line.startsWith('at ')) onProgress('assemble', Number(line.slice(3)), all);
    },
  });
  return printed.split('\n').filter((line) => line !== '');
}
