/** The JSON Schema for editors, judged by ajv. */
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { recipeJsonSchema } from '../../../pipeline/recipe/json-schema.js';
import { FAKE_REGISTRY, RIGHT } from '../../util/recipe-rig.js';

function validator(schema: object) {
  const validate = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allErrors: true,
  }).compile(schema);
  return (text: string): string[] => {
    validate(parse(text));
    return [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))];
  };
}

describe('the shipped schema', () => {
  it.each(['debian-bookworm', 'debian-trixie'])('accepts %s', async (name) => {
    const problems = validator(JSON.parse(await readFile('schemas/recipe.schema.json', 'utf8')) as object);
    expect(problems(await readFile(`recipes/${name}/recipe.yaml`, 'utf8'))).toEqual([]);
  });

  it('refuses a misspelt option', async () => {
    const problems = validator(JSON.parse(await readFile('schemas/recipe.schema.json', 'utf8')) as object);
    const text = (await readFile('recipes/debian-bookworm/recipe.yaml', 'utf8')).replace('suite:', 'suit:');
    expect(problems(text)).toContain('/steps/0/with');
  });
});

describe('recipeJsonSchema', () => {
  const problems = validator(recipeJsonSchema(FAKE_REGISTRY));

  it.each([
    ['a right recipe', RIGHT],
    [
      'variables for numbers and words',
      RIGHT.replace('install:', "retries: '${n}'\n      recommends: ${b}\n      install:").replace(
        'with: { suite:',
        () => "with: { variant: '${v}', suite:",
      ),
    ],
    ['an extending recipe that says little', 'name: x\nextends: ../y\n'],
    [
      'parts of what is inherited',
      'name: x\nextends: ../y\nvariables: { suite: { default: x } }\nsteps:\n  - { name: packages, with: { retries: 1 }, after: bootstrap }\n  - { name: seal, remove: true }\n  - { uses: bootstrap, with: { variant: minbase } }\ndisk: { partitions: [{ name: swap, size: 1G }, { name: root, remove: true }], menu-seconds: 4 }\nboot: { menu: true }\n',
    ],
    [
      'changes of what is inherited',
      'name: x\nextends: ../y\ndescription: { unset: true }\nsteps: [{ uses: packages, with: { install: { add: [a], remove: [b] }, retries: { unset: true } } }]\n',
    ],
    ['a step whose options are all commented out', RIGHT.replace('- uses: seal', '- uses: seal\n    with:')],
  ])('accepts %s', (_, text) => {
    expect(problems(text)).toEqual([]);
  });

  it.each([
    ['an unknown key', `x: 1\n${RIGHT}`, ''],
    ['no steps', 'name: x\n', ''],
    ['no name', RIGHT.replace('name: demo\n', ''), ''],
    ['an unknown stage', RIGHT.replace('uses: seal', 'uses: sael'), '/steps/3/uses'],
    ['an unknown option', RIGHT.replace('install:', 'instal:'), '/steps/1/with'],
    [
      'an option out of range',
      RIGHT.replace('install:', 'retries: 12\n      install:'),
      '/steps/1/with/retries',
    ],
    ['a word that is none of the list', RIGHT.replace('size: 4G', 'size: 4G\n  table: gtp'), '/disk/table'],
    ['a partition with an unknown key', RIGHT.replace('mount: /', 'mont: /'), '/disk/partitions/3'],
    [
      'an option of the wrong stage',
      RIGHT.replace('- uses: seal', '- uses: seal\n    with: { install: [] }'),
      '/steps/3/with',
    ],
    [
      'a command line that is no list',
      RIGHT.replace(/command-line: .*/, 'command-line: quiet'),
      '/kernel/command-line',
    ],
  ])('refuses %s', (_, text, path) => {
    expect(problems(text)).toContain(path);
  });
});
