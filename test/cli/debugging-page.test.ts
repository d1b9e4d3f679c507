import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { EXIT_CODES } from '../../base/failure.js';
import { MILESTONE_WORDS } from '../../gate/milestones.js';

const page = await readFile('docs/debugging.md', 'utf8');

/** Rows of the table beneath that head, by their first cells. */
function rows(head: string): string[][] {
  const [, table = ''] = page.split(head);
  return (table.split('\n\n')[0] ?? '')
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, ...cells]) => cells);
}

it('names every exit code with its kind, and no other', () => {
  const told = rows('| code | kind | meaning | what to do |').map(([code, kind]) => [kind, Number(code)]);
  expect(told).toEqual([['', 0], ...Object.entries(EXIT_CODES).sort(([, a], [, b]) => a - b)]);
});

it('says where to look for every milestone', () => {
  const told = rows('| the last milestone | look at |').map(([name]) => name?.replaceAll('`', ''));
  expect(told).toEqual(Object.keys(MILESTONE_WORDS));
});
