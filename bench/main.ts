/**
 * Measures this project beside plain tools and beside other image builders, each pair in one run: `npm run bench`, or
 * `npm run bench -- GROUP…`. BENCH_ROUNDS (default 5) is how often; the medians count. Needs the network, and root for
 * the plain tools and the other builders.
 */
import { cpus } from 'node:os';
import { Failure } from '../base/failure.js';
import { clones } from './clones.js';
import { cold } from './cold.js';
import { commandLine } from './command-line.js';
import { foreign } from './foreign.js';
import { type Ground, openGround } from './ground.js';
import { imported } from './imported.js';
import { manyClients } from './many-clients.js';
import { keep, type Row, table } from './measure.js';
import { oneFile } from './one-file.js';
import { peers } from './peers.js';
import { sharedBase } from './shared-base.js';
import { storeSize } from './store-size.js';
import { twoRecipes } from './two-recipes.js';
import { unchanged } from './unchanged.js';
import { wire } from './wire.js';

const GROUPS: Readonly<Record<string, (ground: Ground) => Promise<readonly Row[]>>> = {
  unchanged,
  'one-file': oneFile,
  'command-line': commandLine,
  'shared-base': sharedBase,
  cold,
  'store-size': storeSize,
  'two-recipes': twoRecipes,
  foreign,
  imported,
  wire,
  clones,
  'many-clients': manyClients,
  peers,
};

async function main(names: readonly string[], signal: AbortSignal): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(GROUPS, name));
  if (unknown.length > 0) {
    throw new Error(`Expected groups among ${Object.keys(GROUPS).join(', ')}; found ${unknown.join(', ')}.`);
  }
  const count = Number(process.env['BENCH_ROUNDS'] ?? 5);
  if (!Number.isInteger(count) || count < 1) throw new Error('BENCH_ROUNDS is a whole number, at least 1.');
  const about = { rounds: count, node: process.version, processors: cpus().map(({ model }) => model) };
  console.error('building the recipe once, which fills the pool');
  await using ground = await openGround(count, signal);
  const all: Row[] = [];
  for (const name of names) {
    console.error(name);
    const rows = (await GROUPS[name]?.(ground)) ?? [];
    console.error(`  kept in ${await keep(name, rows, about)}`);
    all.push(...rows);
  }
  console.log(table(all));
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
const given = process.argv.slice(2);
await main(given.length > 0 ? given : Object.keys(GROUPS), stop.signal).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Failure) for (const line of error.command?.lastLines ?? []) console.error(`  ${line}`);
  process.exitCode = 1;
});
