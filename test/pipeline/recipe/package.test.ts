/** package.json of a recipe: version and hooks. */
import { describe, expect, it } from 'vitest';
import { problemsOf, RIGHT } from '../../util/recipe-rig.js';

describe('package.json', () => {
  it('is no JSON', async () => {
    expect(await problemsOf(RIGHT, {}, { 'r/package.json': '{\n  "scripts": }' })).toMatchInlineSnapshot(`
      "r/package.json:1:1 Not valid JSON.
        Found: Unexpected token '}', "{ "scripts": }" is not valid JSON"
    `);
  });

  it('is a list', async () => {
    expect(await problemsOf(RIGHT, {}, { 'r/package.json': '[]' })).toMatchInlineSnapshot(`
      "r/package.json:1:1 A package.json is an object.
      []
      ^"
    `);
  });

  it('has wrong values', async () => {
    expect(
      await problemsOf(
        RIGHT,
        {},
        { 'r/package.json': '{\n  "version": 1,\n  "scripts": { "image:post": 1 }\n}' },
      ),
    ).toMatchInlineSnapshot(`
      "r/package.json:2:4 \`version\` must be a string.
        "version": 1,
         ^^^^^^^

      r/package.json:3:17 A script must be a string.
        "scripts": { "image:post": 1 }
                      ^^^^^^^^^^"
    `);
  });

  it('has a script that is nearly a hook', async () => {
    expect(
      await problemsOf(RIGHT, {}, { 'r/package.json': '{\n  "scripts": { "rootfs:pots": "x" }\n}' }),
    ).toMatchInlineSnapshot(`
      "r/package.json:2:17 The script \`rootfs:pots\` is no hook event and would never run.
        "scripts": { "rootfs:pots": "x" }
                      ^^^^^^^^^^^
        Expected: one of build:pre, rootfs:pre, rootfs:post, image:pre, image:post, release:post
        Hint: Did you mean \`rootfs:post\` (after the last step of the root; nothing changes it any more)?"
    `);
  });

  it('has other scripts', async () => {
    expect(
      await problemsOf(
        RIGHT,
        {},
        { 'r/package.json': '{ "scripts": { "build:prod": "x", "test": "y", "release:post": "z" } }' },
      ),
    ).toMatchInlineSnapshot(`""`);
  });
});
