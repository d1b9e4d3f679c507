/** docs/upgrade.md names every format that the sources know, and no other. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOMS = ['cli', 'app', 'stages', 'pipeline', 'gate', 'hosts', 'artifacts', 'base'];
const FORMAT = /\blunsmith-[a-z-]+\/\d+\b/g;

it('has a row for each format', async () => {
  const page = await readFile('docs/upgrade.md', 'utf8');
  const known = new Set<string>();
  for (const room of ROOMS) {
    for (const name of await readdir(room, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      for (const [format] of (await readFile(join(room, name), 'utf8')).matchAll(FORMAT)) known.add(format);
    }
  }
  expect(known.size).toBeGreaterThan(10);
  const told = page.split('\n').flatMap((line) => {
    const [, cell = ''] = line.split('|');
    return line.startsWith('| `') ? [...cell.matchAll(FORMAT)].map(([format]) => format) : [];
  });
  expect(told.sort()).toEqual([...known].sort());
});
