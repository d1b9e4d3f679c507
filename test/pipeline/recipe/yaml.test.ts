/** What a user reads when recipe.yaml is no YAML, or no recipe at all. */
import { describe, expect, it } from 'vitest';
import { changed, problemsOf } from '../../util/recipe-rig.js';

describe('a file that is no YAML', () => {
  it('has a tab', async () => {
    expect(await problemsOf('name: x\nsteps:\n\t- uses: a\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:1 A tab indents this line.
       - uses: a
      ^
        Expected: spaces
        Hint: YAML forbids tabs in indentation: replace each by spaces."
    `);
  });

  it('has a key twice', async () => {
    expect(await problemsOf(changed('disk:', 'name: again\ndisk:'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:12:1 The key \`name\` stands twice in one map.
      name: again
      ^^^^
        Hint: Keep one of them."
    `);
  });

  it('has a merge key', async () => {
    expect(await problemsOf(changed('disk:', 'disk:\n  <<: *other'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:13:3 YAML 1.2 has no merge keys: \`<<\` is a key like any other, and nothing here has that name.
        <<: *other
        ^^
        Expected: the keys themselves
        Hint: Write them out. A whole value can be named by \`&name\` and used again as \`*name\`."
    `);
  });

  it('has two keys twice', async () => {
    expect(await problemsOf('a: 1\na: 2\nb: 1\nb: 2\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:2:1 The key \`a\` stands twice in one map.
      a: 2
      ^
        Hint: Keep one of them.

      r/recipe.yaml:4:1 The key \`b\` stands twice in one map.
      b: 2
      ^
        Hint: Keep one of them."
    `);
  });

  it('has a map in a value', async () => {
    expect(await problemsOf('description: a: b\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:14 A map begins inside a value.
      description: a: b
                   ^
        Hint: Put quotes around a value that holds \`: \`, or begin the map on the next line."
    `);
  });

  it('has an open bracket', async () => {
    expect(await problemsOf('name: x\nsteps: [a\ndisk: 1\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:1 A \`[\` before this is not closed.
      disk: 1
      ^
        Expected: \`]\`"
    `);
  });

  it('has an open quote', async () => {
    expect(await problemsOf("name: 'x\n")).toMatchInlineSnapshot(
      `
      "r/recipe.yaml:2:1 A \`'\` before this is not closed.
        Expected: \`'\`"
    `,
    );
  });

  it('has a bad escape', async () => {
    expect(await problemsOf('name: "a\\qb"\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:9 Not valid YAML: Invalid escape sequence \\q.
      name: "a\\qb"
              ^"
    `);
  });

  it('has crooked indentation', async () => {
    expect(await problemsOf('name: x\nsteps:\n  - uses: a\n - uses: b\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:4:1 The indentation of this line fits nothing above it.
       - uses: b
      ^
        Hint: Indent it like the lines that it belongs with."
    `);
  });

  it('has an alias without an anchor', async () => {
    expect(await problemsOf('name: *x\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:7 No anchor \`&x\` stands before this alias.
      name: *x
            ^^"
    `);
  });

  it('has an alias to itself', async () => {
    expect(await problemsOf('name: &x [*x]\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:10 The file is nested too deeply or repeats itself without end.
      name: &x [*x]
               ^^^^
        Hint: Write the values out instead of using aliases."
    `);
  });

  it('repeats itself without end', async () => {
    expect(
      await problemsOf(
        `${'abcdefghi'
          .split('')
          .map(
            (name, index, all) =>
              `${name}: &${name} [${index === 0 ? 'x' : `*${all[index - 1]},`.repeat(9)}]`,
          )
          .join('\n')}\n`,
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:8 The file is nested too deeply or repeats itself without end.
      a: &a [x]
             ^
        Hint: Write the values out instead of using aliases."
    `);
  });

  it('has a tag', async () => {
    expect(await problemsOf('name: !secret x\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:7 Not valid YAML: Unresolved tag: !secret.
      name: !secret x
            ^^^^^^^"
    `);
  });

  it('has two documents', async () => {
    expect(await problemsOf('name: a\n---\nname: b\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:2:1 A second YAML document begins here.
      ---
      ^^^
        Expected: one document in the file
        Hint: Remove the line \`---\`."
    `);
  });

  it('has a list for a key', async () => {
    expect(await problemsOf('? [a]\n: b\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:3 A key must be a word, not a list or a map.
      ? [a]
        ^^^"
    `);
  });

  it('has thousands of brackets', async () => {
    expect(await problemsOf(`a: ${'['.repeat(20_000)}`)).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:1 The file is nested too deeply.
      a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
      ^"
    `);
  });

  it('is no UTF-8', async () => {
    expect(await problemsOf(new Uint8Array([0x61, 0x3a, 0x20, 0xff]))).toMatchInlineSnapshot(`
      "r/recipe.yaml is no text file.
        Expected: UTF-8
        Hint: Save it as UTF-8."
    `);
  });
});

describe('a file that is no recipe', () => {
  it('is empty', async () => {
    expect(await problemsOf('')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:1 The file is empty.
        Expected: a map with \`name\`, \`steps\`, \`disk\` and \`kernel\`"
    `);
  });

  it('holds only a comment', async () => {
    expect(await problemsOf('# nothing\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:1 The file is empty.
      # nothing
      ^
        Expected: a map with \`name\`, \`steps\`, \`disk\` and \`kernel\`"
    `);
  });

  it('is a list', async () => {
    expect(await problemsOf('- a\n- b\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:1 A recipe is a map.
      - a
      ^^^
        Expected: keys such as \`name:\`, \`steps:\`, \`disk:\` and \`kernel:\` at the left margin"
    `);
  });

  it('is a sentence', async () => {
    expect(await problemsOf('hello')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:1 A recipe is a map.
      hello
      ^^^^^
        Expected: keys such as \`name:\`, \`steps:\`, \`disk:\` and \`kernel:\` at the left margin"
    `);
  });

  it('has only a name', async () => {
    expect(await problemsOf('name: demo\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:1 The recipe makes nothing.
      name: demo
      ^^^^
        Expected: \`steps\` that make a root, or a section of an output stage: one of disk, boot"
    `);
  });
});
