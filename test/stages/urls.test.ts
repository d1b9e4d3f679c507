/** Wherever a URL may stand, one with a password is refused, and the password is repeated nowhere. */
import { expect, it } from 'vitest';
import { optionsJsonSchema } from '../../base/schema/json-schema.js';
import { createCommandLine } from '../../cli/command-line.js';
import { distributions } from '../../stages/distribution/index.js';
import { stages } from '../../stages/index.js';
import { pipes } from '../cli/fake-terminal.js';
import { changed, ofHost, problemsOf } from '../hosts/site/a-site.js';
import { recipeRig } from '../util/recipe-rig.js';

const CANARY = 'canary-5c1d77f0ab';
const URL_ = `https://ci:${CANARY}@mirror.example.org/debian`;

/** Names of all options of stages whose text begins like a URL. */
const options = [...stages.values()].flatMap((stage) =>
  Object.entries(optionsJsonSchema(stage).properties ?? {})
    .filter(([, { pattern, items }]) => (pattern ?? items?.pattern ?? '').includes('https?'))
    .map(
      ([name, { items }]) =>
        [stage.name, name, items === undefined ? `'${URL_}'` : `['${URL_}/$repo']`] as const,
    ),
);

async function told(recipe: string): Promise<string> {
  await using rig = await recipeRig({ 'r/recipe.yaml': recipe }, stages, distributions);
  const failure: unknown = await rig.plan('r').then(
    () => undefined,
    (error: unknown) => error,
  );
  return JSON.stringify(failure);
}

it('there are some', () => {
  expect(options.map(([, name]) => name)).toEqual(
    expect.arrayContaining(['mirror', 'security-mirror', 'image-mirror', 'mirrors', 'image-mirrors']),
  );
});

it.each(options)('%s: %s', async (uses, name, value) => {
  const text = await told(`name: x\nsteps:\n  - uses: ${uses}\n    with: { ${name}: ${value}, other: 1 }\n`);
  expect(text).toContain('A URL must not hold a user or a password.');
  expect(text).toContain('Unknown key `other`');
  expect(text).not.toContain(CANARY);
});

it('of a variable', async () => {
  const text = await told(
    `name: x\nvariables: { m: { type: string, default: '${URL_}', description: x } }\nsteps:\n  - uses: debootstrap\n    with: { suite: x, mirror: '\${m}' }\n`,
  );
  expect(text).toContain('A URL must not hold a user or a password.');
  expect(text).not.toContain(CANARY);
});

it('of a site', () => {
  for (const text of [
    ofHost(`http: { url: '${URL_}' }`),
    problemsOf(changed('ssh://root@san1.example.org', URL_)),
    problemsOf(changed('ssh://root@san1.example.org', `ssh://root:${CANARY}@san1.example.org`)),
  ]) {
    expect(text).not.toBe('');
    expect(text).not.toContain(CANARY);
  }
});

it('of the command line and the environment', async () => {
  for (const [args, env] of [
    [['plan', 'r', '--mirror', URL_], {}],
    [['plan', 'r'], { LUNSMITH_MIRROR: URL_ }],
  ] as const) {
    const terminal = pipes({ ...env });
    const before = process.env['LUNSMITH_MIRROR'];
    Object.assign(process.env, env);
    try {
      const code = await createCommandLine(terminal, new AbortController().signal).run([...args]);
      expect([code, terminal.err()]).toEqual([
        2,
        expect.stringContaining('must not hold a user or a password'),
      ]);
      expect(terminal.err() + terminal.out()).not.toContain(CANARY);
    } finally {
      if (before === undefined) delete process.env['LUNSMITH_MIRROR'];
      else process.env['LUNSMITH_MIRROR'] = before;
    }
  }
});
