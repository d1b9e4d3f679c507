/** What goes wrong outside of us ends in one clear message, a documented exit code, and nothing half-written. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, inject, it } from 'vitest';
import type { FailureRecord } from '../../base/failure.js';
import { type CliResult, lunsmith, MAIN } from '../util/cli.js';
import { writeSmallRecipe } from '../util/small-recipe.js';

let home: string;
beforeAll(async () => {
  home = join(inject('shared'), 'errors');
  await mkdir(home);
});

/** A small recipe with an image of this size. */
function recipe(name: string, size: string): Promise<string> {
  return writeSmallRecipe(home, name, { size });
}

async function build(folder: string, ...args: string[]): Promise<CliResult> {
  const places = ['--output', join(home, 'out'), '--workspace', join(home, 'work')];
  return lunsmith(['build', folder, ...places, '--json', ...args]);
}

function failureOf(result: CliResult): FailureRecord {
  const last = result.events.at(-1);
  if (last?.type !== 'failed') throw new Error(`no failure but ${JSON.stringify(last)}\n${result.stderr}`);
  return last.failure;
}

async function expectNoRelease(): Promise<void> {
  expect(await readdir(join(home, 'out')).catch(() => [])).toEqual([]);
  expect(await readdir(join(home, 'work', 'builds')).catch(() => [])).toEqual([]);
}

it('a mirror that is down', async () => {
  const result = await build(await recipe('down', '2G'), '--mirror', 'http://127.0.0.1:9/debian');
  expect(result.exitCode).toBe(6);
  const failure = failureOf(result);
  expect(failure.kind).toBe('network');
  expect(failure.step).toBe('debootstrap');
  expect(JSON.stringify(failure.diagnostics)).toContain('http://127.0.0.1:9/debian');
  await expectNoRelease();
});

it('an unsigned mirror', async () => {
  const server = createServer((request, response) => {
    const date = 'Thu, 01 Jan 2026 00:00:00 UTC';
    if (request.url?.endsWith('/Release') === true) {
      response.end(
        `Suite: stable\nCodename: bookworm\nDate: ${date}\nArchitectures: amd64\nComponents: main\nSHA256:\n`,
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const result = await build(await recipe('unsigned', '2G'), '--mirror', `http://127.0.0.1:${port}/debian`);
  server.close();
  expect(failureOf(result).kind).toBe('signature');
  expect(result.exitCode).toBe(7);
  await expectNoRelease();
});

it('a script that tells its secret: it is in no event, no message and no log', async () => {
  const folder = await recipe('tells', '2G');
  const text = await readFile(join(folder, 'recipe.yaml'), 'utf8');
  const tells = `  - uses: run
    with: { script: 'set -x; echo "$KEY"; exit 3', secrets: { KEY: 'file:key' } }
`;
  await writeFile(
    join(folder, 'recipe.yaml'),
    text.replace('  - uses: packages', `${tells}  - uses: packages`),
  );
  await writeFile(join(folder, 'key'), 'not-to-be-told\nnor-this-line\n');
  const result = await build(folder);
  const failure = failureOf(result);
  expect(failure.command?.lastLines.join('\n')).toContain('********');
  const told = `${JSON.stringify(result.events)}${await readFile(failure.log ?? '', 'utf8')}`;
  expect(told).toContain('run: started');
  expect(told).not.toMatch(/not-to-be-told|nor-this-line/);
  await expectNoRelease();
});

it('a root that is too small for what is in it, found before the image is written', async () => {
  const result = await build(await recipe('tiny', '128M'));
  expect(result.exitCode).toBe(3);
  const failure = failureOf(result);
  expect(failure.step).toBe('lun-image');
  expect(failure.diagnostics[0]?.what).toMatch(/too small/);
  expect(`${failure.diagnostics[0]?.what} ${failure.diagnostics[0]?.found}`).toMatch(/\d+ MiB/);
  await expectNoRelease();
});

/** Mounts a small disk where only these processes see it, and lets it grow from try to try; a line for each. */
const GROWING_DISK = `
mount -t tmpfs -o size=1m small "$1" && disk=$1 && shift
for size in $SIZES; do
  mount -o "remount,size=$size" "$disk"
  "$@" build "$RECIPE" --output "$disk/out" --workspace "$disk/work" --json > "$LOGS/$size.jsonl"
  built=$?
  "$@" cache verify --workspace "$disk/work" >&2
  echo "$size $built $? $(ls "$disk/work/builds" | wc -l) $(ls "$disk/out" 2>/dev/null | wc -l)"
done
`;

it('a disk that becomes full, in phase after phase: the store stays whole, and the next build goes on', async () => {
  const folder = await recipe('full', '2G');
  const [disk, logs] = [join(home, 'small-disk'), join(home, 'logs')];
  await mkdir(disk);
  await mkdir(logs);
  const sizes = ['30m', '120m', '240m', '420m', '560m', '700m', '900m', '1200m', '3g'];
  const lunsmithArgv = [process.execPath, MAIN];
  const { stdout } = await execa(
    'unshare',
    ['--mount', 'sh', '-c', GROWING_DISK, 'full', disk, ...lunsmithArgv],
    {
      env: { SIZES: sizes.join(' '), RECIPE: folder, LOGS: logs },
    },
  );
  const tries = stdout.split('\n').map((line) => line.split(' '));
  expect(tries.map(([size]) => size)).toEqual(sizes);
  const steps = new Set<string | undefined>();
  for (const [size, built, verified, builds, releases] of tries) {
    expect([size, verified, builds]).toEqual([size, '0', '0']);
    if (built === '0') continue;
    expect([size, built, releases]).toEqual([size, '8', '0']);
    const last = (await readFile(join(logs, `${size}.jsonl`), 'utf8')).trim().split('\n').at(-1) ?? '';
    const { failure } = JSON.parse(last) as { failure: FailureRecord };
    expect(failure.kind).toBe('space');
    expect(failure.diagnostics[0]?.hint).toMatch(/^Free space/);
    steps.add(failure.step);
  }
  expect(tries.at(-1)?.[1]).toBe('0');
  // Else it was always the same phase.
  expect(steps.size).toBeGreaterThanOrEqual(3);
});
