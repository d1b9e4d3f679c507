import { expect, it } from 'vitest';
import { toPlain } from '../../../base/yaml/node.js';
import { parseYaml } from '../../../base/yaml/parse.js';
import { parseYamlAside } from '../../../base/yaml/parse-aside.js';

const source = (text: string) => ({ file: 'r.yaml', folder: '/', text });
const long = `list:\n${'  - { key: value, other: [1, 2, 3] }\n'.repeat(2000)}`;

it('reads a long text as a short one, and the process hears of others meanwhile', async () => {
  let turns = 0;
  const turn = setInterval(() => (turns += 1), 1);
  const parsed = await parseYamlAside(source(long));
  clearInterval(turn);
  expect(turns).toBeGreaterThan(0);
  const here = parseYaml(source(long));
  if (!('root' in parsed && 'root' in here)) throw new Error('not read');
  expect(toPlain(parsed.root)).toEqual(toPlain(here.root));
});

it('tells what is wrong, and where', async () => {
  expect(await parseYamlAside(source(`${long}[`))).toEqual(parseYaml(source(`${long}[`)));
});
