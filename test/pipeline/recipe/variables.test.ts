/** Variables: declared, set and used wrongly. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changed, problemsOf, RIGHT, recipeRig } from '../../util/recipe-rig.js';

describe('declarations', () => {
  it('a misspelt key', async () => {
    expect(await problemsOf(changed('default:', 'defalt:'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:26 Unknown key \`defalt\`.
        suite: { type: string, defalt: bookworm, pattern: '^[a-z]+$' }
                               ^^^^^^
        Expected: one of type, description, default, pattern
        Hint: Did you mean \`default\`?"
    `);
  });

  it('a misspelt type', async () => {
    expect(await problemsOf(changed('type: string', 'type: strin'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:18 Unknown value of \`type\`.
        suite: { type: strin, default: bookworm, pattern: '^[a-z]+$' }
                       ^^^^^
        Expected: one of string, integer, boolean, size, enum, path
        Found: \`strin\`
        Hint: Did you mean \`string\`?"
    `);
  });

  it('defaults that are no values', async () => {
    expect(
      await problemsOf(
        changed(
          '  suite: {',
          '  n: { type: integer, default: 3, max: 2 }\n  e: { type: enum, values: [aa, bb], default: ab }\n  s: { type: size, default: 1.5G }\n  p: { type: string, default: x, pattern: "[" }\n  suite: {',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:32 Not a value for the variable \`n\`.
        n: { type: integer, default: 3, max: 2 }
                                     ^
        Expected: at most 2
        Found: \`3\`

      r/recipe.yaml:4:47 Not a value for the variable \`e\`.
        e: { type: enum, values: [aa, bb], default: ab }
                                                    ^^
        Expected: one of aa, bb
        Found: \`ab\`
        Hint: Did you mean \`aa\`?

      r/recipe.yaml:5:29 Not a value for the variable \`s\`.
        s: { type: size, default: 1.5G }
                                  ^^^^
        Expected: a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB
        Found: \`1.5G\`
        Hint: Write \`1536M\`.

      r/recipe.yaml:6:43 The pattern is no regular expression.
        p: { type: string, default: x, pattern: "[" }
                                                ^^^"
    `);
  });

  it('no value', async () => {
    expect(await problemsOf(changed('default: bookworm, ', ''))).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:3 The variable \`suite\` has no value.
        suite: { type: string, pattern: '^[a-z]+$' }
        ^^^^^
        Hint: Give it a \`default\`, or build with \`--set suite=VALUE\`."
    `);
  });

  it('a name that cannot be one', async () => {
    expect(
      await problemsOf(changed('  suite: {', '  Suite_Name: { type: string, default: x }\n  suite: {')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:3 \`Suite_Name\` cannot be a key here.
        Suite_Name: { type: string, default: x }
        ^^^^^^^^^^
        Expected: lower-case letters, digits and \`-\`, beginning with a letter"
    `);
  });
});

describe('--set', () => {
  it('a value that does not fit', async () => {
    expect(await problemsOf(RIGHT, { variables: { suite: 'Book Worm' } })).toMatchInlineSnapshot(`
      "Not a value for the variable \`suite\`, given by \`--set\`.
        Expected: text that matches ^[a-z]+$
        Found: \`Book Worm\`"
    `);
  });

  it('a variable that is not there', async () => {
    expect(await problemsOf(RIGHT, { variables: { sute: 'x' } })).toMatchInlineSnapshot(`
      "\`--set sute=…\` sets a variable that the recipe does not have.
        Expected: suite
        Hint: Did you mean \`suite\`?"
    `);
  });

  it('a variable of a recipe without any', async () => {
    expect(
      await problemsOf(
        changed(
          "variables:\n  suite: { type: string, default: bookworm, pattern: '^[a-z]+$' }\n",
          '',
        ).replace('${suite}', 'x'),
        { variables: { suite: 'x' } },
      ),
    ).toMatchInlineSnapshot(`
      "\`--set suite=…\` sets a variable that the recipe does not have.
        Expected: no \`--set\`: the recipe has no variables"
    `);
  });
});

it('a path of `--set` begins at the working directory, one of the recipe at its folder', async () => {
  const recipe = changed('variables:', 'description: ${of}\nvariables:\n  of: { type: path, default: a/b }');
  await using rig = await recipeRig({ 'r/recipe.yaml': recipe });
  expect((await rig.load('r')).description).toBe('a/b');
  const variables = { of: '../c' };
  expect((await rig.load('r', { variables })).description).toBe(resolve('../c'));
  expect(await problemsOf(recipe, { variables: { of: '' } })).toMatchInlineSnapshot(`
    "Not a value for the variable \`of\`, given by \`--set\`.
      Expected: a path
      Found: \`\`"
  `);
});

describe('uses', () => {
  it('of an unknown variable', async () => {
    expect(await problemsOf(changed('open-iscsi]', '"open-${suit}"]'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:42 Unknown variable \`suit\`.
            install: [linux-image-amd64, "open-\${suit}"]
                                               ^^^^^^^
        Expected: suite
        Hint: Did you mean \`suite\`? For a literal \`\${\` write \`$\${\`."
    `);
  });

  it('without an end', async () => {
    expect(await problemsOf(changed('open-iscsi]', '"open-${suite"]'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:42 \`\${\` without \`}\`.
            install: [linux-image-amd64, "open-\${suite"]
                                               ^^^^^^^
        Hint: For a literal \`\${\` write \`$\${\`."
    `);
  });

  it('that say nothing more about a value that is broken', async () => {
    expect(await problemsOf(changed('size: 4G', 'size: ${siz}'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:13:9 Unknown variable \`siz\`.
        size: \${siz}
              ^^^^^^
        Expected: suite
        Hint: For a literal \`\${\` write \`$\${\`."
    `);
  });
});
