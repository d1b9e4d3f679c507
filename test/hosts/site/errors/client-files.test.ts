/** Files of clients in a site: what they become, and what a user reads where one is wrong. */
import { describe, expect, it } from 'vitest';
import { clientEntry } from '../../../../hosts/site/client-entry.js';
import { changed, problemsOf, RIGHT, siteOf } from '../a-site.js';

const DIRECT = changed('channel: edge', 'channel: edge\n    boot: direct').replace(
  'channel: stable',
  'channel: stable\n    boot: direct',
);
/** @param files of web2 @param all of the site */
const text = (files: string, all = '[]') => `${DIRECT}    files: ${files}\nfiles: ${all}\n`;
const filesOf = (written: string) => siteOf(written).clients.map(({ files }) => files);

describe('files of clients', () => {
  it('are those of the site, and their own in the place of these', () => {
    const all = '[{ path: /etc/motd, content: all }, { path: /etc/a b, source: a, mode: "755", owner: app }]';
    const written = text('[{ path: /etc/motd, secret: "env:MOTD" }]', all);
    const ab = { path: '/etc/a b', source: 'a', mode: '0755', owner: 'app:root' };
    expect(filesOf(written)).toEqual([
      [ab, { path: '/etc/motd', content: 'all', mode: '0644', owner: 'root:root' }],
      [ab, { path: '/etc/motd', secret: 'env:MOTD', mode: '0600', owner: 'root:root' }],
    ]);
    // As a host remembers it, the site has the same again.
    const site = siteOf(written);
    const entries = site.clients.map((facts) => [facts.name, clientEntry(facts, site)]);
    const again = `${RIGHT.slice(0, RIGHT.indexOf('clients:'))}clients: ${JSON.stringify(Object.fromEntries(entries))}\n`;
    expect(siteOf(`${again}files: ${all}\n`).clients).toEqual(site.clients);
    // What is all clients' stays so: of its own a client has no more than it had.
    expect(siteOf(again).clients.map(({ files }) => files?.map(({ path }) => path))).toEqual([
      undefined,
      ['/etc/motd'],
    ]);
  });
  it('have an order that says nothing', () => {
    const [a, b] = ['{ path: /a, content: x }', '{ path: /b, content: y }'];
    const [, first] = filesOf(text(`[${a}, ${b}]`));
    expect(filesOf(text(`[${b}, ${a}]`))[1]).toEqual(first);
    expect(filesOf(text(`[${a}]`, `[${b}]`))[1]).toEqual(first);
  });
  it('are none where none are written', () => {
    expect(filesOf(DIRECT)).toEqual([undefined, undefined]);
  });

  it.each([
    '/etc/../shadow',
    '/etc/./x',
    'etc/motd',
    '/etc/',
    '/etc//x',
    '/',
    '/a\\b',
    '/a ',
    '/etc/..',
    '"/a\\nb"',
    '/run/x',
    '/etc/mtab',
    '/etc/lunsmith/client-files',
    '/var/run/x',
    '/tmp',
    '/proc/1/mem',
    `/${'a'.repeat(255)}`,
  ])('have no path such as %j', (path) => {
    expect(
      problemsOf(text(`[{ path: ${path.startsWith('"') ? path : JSON.stringify(path)}, content: x }]`)),
    ).toMatch(/^lunsmith\.yaml:18:\d+ /);
  });
  it.each(['/etc/...', '/etc/.x', '/etc/x..y', '/ä/b c'])('have a path such as %j', (path) => {
    expect(problemsOf(text(`[{ path: "${path}", content: x }]`))).toBe('');
  });

  it('with two contents, with none, and twice', () => {
    const files =
      '[{ path: /a, content: x, source: y }, { path: /b }, { path: /c, content: "" }, { path: /c, content: z }]';
    expect(problemsOf(text(files))).toMatchInlineSnapshot(`
      "lunsmith.yaml:18:15 The file has more than one content.
          files: [{ path: /a, content: x, source: y }, { path: /b }, { path: /c, content: "" }, { path: /c, content: z }]
                    ^^^^
        Expected: one of \`content\`, \`source\` and \`secret\`
        Found: \`content\` and \`source\`

      lunsmith.yaml:18:52 The file has no content.
          files: [{ path: /a, content: x, source: y }, { path: /b }, { path: /c, content: "" }, { path: /c, content: z }]
                                                         ^^^^
        Expected: one of \`content\`, \`source\` and \`secret\`
        Found: none

      lunsmith.yaml:18:99 The file \`/c\` stands twice.
          files: [{ path: /a, content: x, source: y }, { path: /b }, { path: /c, content: "" }, { path: /c, content: z }]
                                                                                                        ^^
        Hint: Keep one of them."
    `);
  });
  it.each([
    [
      '[{ path: /a/b, content: x }, { path: /a, content: y }]',
      '[]',
      '18:21 `/a` cannot be a file and have `/a/b`',
    ],
    [
      '[{ path: /a/b/c, content: x }]',
      '[{ path: /a, content: y }]',
      '18:21 `/a` cannot be a file and have `/a/b/c`',
    ],
    [
      '[{ path: /a, content: x }]',
      '[{ path: /a/b, content: y }]',
      '18:21 `/a` cannot be a file and have `/a/b`',
    ],
    [
      '[]',
      '[{ path: /a, content: y }, { path: /a/b, content: x }]',
      '19:43 `/a` cannot be a file and have `/a/b`',
    ],
  ])('of which one lies below another: %s, all %s', (files, all, problem) => {
    expect(problemsOf(text(files, all)).match(/^lunsmith.*/gm)).toEqual([`lunsmith.yaml:${problem} in it.`]);
    expect(problemsOf(text('[{ path: /a, content: x }, { path: /ab/c, content: y }]'))).toBe('');
  });
  it('of the whole site that are wrong are told once', () => {
    expect(problemsOf(text('[]', '[{ path: /a }]'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:19:11 The file has no content.
      files: [{ path: /a }]
                ^^^^
        Expected: one of \`content\`, \`source\` and \`secret\`
        Found: none"
    `);
  });
  it('of a client that boots by its LUN, whose initramfs is that of all', () => {
    const site = changed(
      'channel: edge\n    boot: direct',
      'channel: edge',
      text('[{ path: /b, content: y }]'),
    );
    expect(problemsOf(site)).toContain(
      'Client `web2` can be handed no files: the boot loader on its LUN loads an initramfs that is the same for all.',
    );
  });
  it('of all clients go to those that can be handed some', () => {
    const all = text('[]', '[{ path: /a, content: x }]');
    const site = changed('boot: direct\n    secret: env', 'secret: env', all);
    expect(filesOf(site).map((files) => files?.map(({ path }) => path))).toEqual([undefined, ['/a']]);
  });
  it('of a system that installs itself', () => {
    const blank = 'images: [{ name: windows, blank: 60G }]';
    const site = changed('channel: edge', blank, `${RIGHT}    files: [{ path: /a, content: x }]\n`);
    expect(problemsOf(site)).toMatchInlineSnapshot(`
      "lunsmith.yaml:16:5 Client \`web2\` can be handed no files: a system that installs itself has an initramfs of its own, or none.
          files: [{ path: /a, content: x }]
          ^^^^^
        Expected: \`boot: direct\` for all its images, or \`boot: tftp\` of a Raspberry Pi
        Found: \`blank\`"
    `);
  });
  it('whose secret stands in the site', () => {
    const problem = problemsOf(text('[{ path: /a, secret: hunter2 }]'));
    expect(problem).toContain('`env:NAME` or `file:PATH`');
    expect(problem).not.toContain('hunter2');
  });
  it('that are more than one archive takes', () => {
    const files = (count: number, folder: string) =>
      `[${Array.from({ length: count }, (_, index) => `{ path: /${folder}/${index}, content: x }`).join(', ')}]`;
    expect(problemsOf(text(files(32, 'a'), files(32, 'b')))).toBe('');
    expect(problemsOf(text(files(33, 'a'), files(32, 'b')))).toContain('Found: 65');
  });
});
