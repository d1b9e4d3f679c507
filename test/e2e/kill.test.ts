/** A build that is killed, at any moment, leaves nothing but finished steps, and the next one goes on with them. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { type CliResult, lunsmith } from '../util/cli.js';
import { untilEnded, untilGone } from '../util/processes.js';
import { writeSmallRecipe } from '../util/small-recipe.js';

/** LUNSMITH_BUILD_KILLS asks for more, of other moments. */
const KILLS = Number(process.env['LUNSMITH_BUILD_KILLS'] ?? 20);

let home: string;
let recipe: string;
const paths = () => ({ out: join(home, 'out'), work: join(home, 'work') });

beforeAll(async () => {
  home = join(inject('shared'), 'kill');
  await mkdir(home, { recursive: true });
  recipe = await writeSmallRecipe(home, 'small');
  const locked = await lunsmith(['lock', recipe, '--workspace', paths().work]);
  expect(locked.exitCode, locked.stderr).toBe(0);
});

/** @param events the build is killed when it has told so many */
function build(events?: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<CliResult> {
  const { out, work } = paths();
  let seen = 0;
  const when = () => {
    seen += 1;
    return seen === events;
  };
  return lunsmith(['build', recipe, '--output', out, '--workspace', work, '--json'], {
    ...(events === undefined ? {} : { kill: { signal, when } }),
  });
}

async function expectNothingLeft(result: CliResult): Promise<void> {
  const { work } = paths();
  await untilEnded(result.started);
  await untilGone(work);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(home);
  expect((await readdir(home)).sort()).toEqual(['out', 'small', 'work']);
  expect((await readdir(recipe)).sort()).toEqual(['package.json', 'recipe.lock', 'recipe.yaml']);
}

/** The newest entries of the store go, so that there is always something left to be killed at. */
async function forget(steps: readonly string[]): Promise<void> {
  const store = join(paths().work, 'store');
  for (const step of steps) {
    const key = await readFile(join(store, 'last', 'small', step), 'utf8').catch(() => undefined);
    if (key !== undefined) await rm(join(store, 'steps', key), { recursive: true, force: true });
  }
  await rm(join(store, 'releases'), { recursive: true, force: true });
  await rm(paths().out, { recursive: true, force: true });
}

describe('kill -9 at random moments', () => {
  // A linear congruential generator (Numerical Recipes): the same moments in every run.
  let state = 20;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  // Early moments lie close together: most events are lines of the package tools.
  const moments = Array.from({ length: KILLS }, (_, index) => 1 + random(index % 2 === 0 ? 40 : 700));

  it('leaves finished steps alone, which the next build goes on with', async () => {
    const outcomes: string[] = [];
    for (const moment of moments) {
      const result = await build(moment);
      if (result.signal === 'SIGKILL') await expectNothingLeft(result);
      else {
        expect(result.exitCode, result.stderr).toBe(0);
        await forget([
          'packages',
          'initramfs',
          'seal',
          'lun-image/file-systems',
          'lun-image',
          'boot-artifacts',
        ]);
      }
      outcomes.push(result.signal ?? 'finished');
    }
    // Else the moments would all lie behind the end.
    expect(outcomes.filter((outcome) => outcome === 'SIGKILL').length).toBeGreaterThanOrEqual(KILLS / 2);
  });

  it('after which the build is that of a store in which no build was killed', async () => {
    const { out, work } = paths();
    const result = await build();
    expect(result.exitCode, result.stderr).toBe(0);
    expect(await verifyRelease(await readRelease(join(out, 'small', 'latest')))).toEqual([]);
    expect(await readdir(join(work, 'builds'))).toEqual([]);
    const verified = await lunsmith(['cache', 'verify', '--workspace', work]);
    expect(verified.exitCode, verified.stdout + verified.stderr).toBe(0);
    const again = await lunsmith([
      'build',
      recipe,
      '--output',
      out,
      '--workspace',
      work,
      '--twice',
      '--json',
    ]);
    expect(again.exitCode, again.stderr).toBe(0);
  });
});

it('Ctrl-C ends everything within 2 s and says so', async () => {
  await forget(['packages', 'initramfs', 'seal', 'lun-image/file-systems', 'lun-image', 'boot-artifacts']);
  const result = await build(60, 'SIGINT');
  expect(result.exitCode).toBe(130);
  expect(result.dyingSeconds).toBeLessThan(2);
  expect(result.events.at(-1)).toMatchObject({ type: 'failed', failure: { kind: 'interrupted' } });
  await expectNothingLeft(result);
});
