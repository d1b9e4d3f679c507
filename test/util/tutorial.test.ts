import { expect, it } from 'vitest';
import { commandsOf, piecesOf, swapped } from './tutorial.js';

const PAGE = `# A page

## First

Be root:

\`\`\`sh root@server
apt-get install x
\`\`\`

\`a/b.yaml\`:

\`\`\`yaml
name: a
\`\`\`

## Second

\`\`\`sh
cd a
lunsmith build a
lunsmith prove a
\`\`\`
`;

it('finds the scripts and files of a page, with their sections', () => {
  expect(piecesOf(PAGE)).toEqual([
    { section: 1, as: 'root@server', text: 'apt-get install x\n' },
    { section: 1, file: 'a/b.yaml', text: 'name: a\n' },
    { section: 2, text: 'cd a\nlunsmith build a\nlunsmith prove a\n' },
  ]);
  expect(commandsOf(piecesOf(PAGE))).toEqual(['lunsmith build a', 'lunsmith prove a']);
});

it('knows no block that would be left out, and no swap that hits nothing', () => {
  expect(() => piecesOf('```yaml\nname: a\n```\n')).toThrow(
    'A block of yaml has no name of a file above it:\nname: a\n',
  );
  expect(swapped(PAGE, { 'name: a': 'name: b' })).toContain('\nname: b\n');
  expect(() => swapped(PAGE, { 'name: c': 'name: b' })).toThrow('The tutorial does not say: name: c');
});
