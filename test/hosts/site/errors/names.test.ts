/** What a user reads when a name in a site is none: the whole text. */
import { describe, expect, it } from 'vitest';
import { changed, ofClient, ofHost, problemsOf } from '../a-site.js';

describe('names', () => {
  it.each(['Web1', 'web_1', 'web.1', '-web', 'web 1'])('of clients: %s', (name) => {
    expect(problemsOf(changed('web1:', `${name}:`))).toBe(
      [
        `lunsmith.yaml:8:3 \`${name}\` cannot be a key here.`,
        `  ${name}:`,
        `  ${'^'.repeat(name.length)}`,
        '  Expected: lower-case letters and digits, joined by `-`: it becomes part of iSCSI names and of paths',
      ].join('\n'),
    );
  });
  it('of clients that are folders of boot files', () => {
    expect(problemsOf(changed('web1:', 'by-mac:'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:8:3 \`by-mac\` cannot be a key here.
        by-mac:
        ^^^^^^
        Expected: another name than by-mac, by-serial, by-uuid: boot files have folders of these names"
    `);
  });
  it('of hosts', () => {
    expect(problemsOf(changed('san1:', '../san:'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:2:3 \`../san\` cannot be a key here.
        ../san:
        ^^^^^^
        Expected: lower-case letters and digits, joined by \`-\`: it becomes part of iSCSI names and of paths"
    `);
  });
  it('of channels', () => {
    expect(problemsOf(changed('[edge, stable]', '[edge, stable, Next]'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:6:26 Invalid value of \`channels\`.
      channels: [edge, stable, Next]
                               ^^^^
        Expected: lower-case letters and digits, joined by \`-\`: it becomes part of iSCSI names and of paths
        Found: \`Next\`"
    `);
  });
  it('too long', () => {
    expect(problemsOf(changed('[edge, stable]', `[edge, stable, ${'x'.repeat(64)}]`))).toMatchInlineSnapshot(`
      "lunsmith.yaml:6:26 Invalid value of \`channels\`.
      channels: [edge, stable, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]
                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: at most 63 characters
        Found: \`xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\`"
    `);
  });
  it('of images', () => {
    expect(
      problemsOf(changed('channel: edge', 'images: [{ name: a/b, channel: edge }]')),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:14:22 Invalid value of \`name\`.
          images: [{ name: a/b, channel: edge }]
                           ^^^
        Expected: lower-case letters and digits, joined by \`-\`: it becomes part of iSCSI names and of paths
        Found: \`a/b\`"
    `);
  });
  it('twice among channels', () => {
    expect(problemsOf(changed('[edge, stable]', '[edge, stable, edge]'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:6:26 The channel \`edge\` stands twice.
      channels: [edge, stable, edge]
                               ^^^^
        Hint: Keep one of them."
    `);
  });
});

describe('iSCSI names', () => {
  it.each([
    ['san1', undefined],
    ['iqn.2026.org.example:san1', undefined],
    ['iqn.2026-13.org.example:san1', 'There is no month 13.'],
    ['iqn.2026-01.example', undefined],
    ['iqn.2026-01.Org.Example:San1', 'Write it in lower case: `iqn.2026-01.org.example:san1`.'],
    ['iqn.2026-01.org.example:my_san', '`_` cannot stand in it: only letters, digits, `-`, `.` and `:` can.'],
    ['iqn.2026-01.org.example/san', '`/` cannot stand in it: only letters, digits, `-`, `.` and `:` can.'],
    ['eui.02004567A425678D', undefined],
  ])('of targets: %s', (prefix, hint) => {
    expect(ofHost(`target: { prefix: "${prefix}" }`)).toBe(
      [
        'lunsmith.yaml:5:23 Not an iSCSI name.',
        `    target: { prefix: "${prefix}" }`,
        `                      ${'^'.repeat(prefix.length + 2)}`,
        '  Expected: `iqn.`, the year and month from which you own a domain, and the domain reversed, such as `iqn.2026-01.org.example:san1`',
        `  Found: \`${prefix}\``,
        ...(hint === undefined ? [] : [`  Hint: ${hint}`]),
      ].join('\n'),
    );
  });
  it('of targets, too long', () => {
    expect(ofHost(`target: { prefix: iqn.2026-01.org.example:${'x'.repeat(80)} }`)).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:23 The iSCSI name is too long.
          target: { prefix: iqn.2026-01.org.example:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: at most 100 characters
        Found: 104 characters"
    `);
  });
  it('of clients', () => {
    expect(ofClient('initiator: web2')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:16 Not an iSCSI name.
          initiator: web2
                     ^^^^
        Expected: \`iqn.\`, the year and month from which you own a domain, and the domain reversed, such as \`iqn.2026-01.org.example:san1\`; or \`eui.\` or \`naa.\` and hexadecimal digits
        Found: \`web2\`"
    `);
  });
  it('of clients by EUI', () => {
    expect(ofClient('initiator: eui.0200')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:16 Not an iSCSI name.
          initiator: eui.0200
                     ^^^^^^^^
        Expected: \`eui.\` and 16 hexadecimal digits
        Found: \`eui.0200\`"
    `);
  });
  it('of clients by NAA', () => {
    expect(ofClient('initiator: naa.5200')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:16 Not an iSCSI name.
          initiator: naa.5200
                     ^^^^^^^^
        Expected: \`naa.\` and 16 or 32 hexadecimal digits
        Found: \`naa.5200\`"
    `);
  });
});
