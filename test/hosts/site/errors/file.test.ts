/** What a user reads when a site file is none, or holds a secret: the whole text. */
import { describe, expect, it } from 'vitest';
import { changed, problemsOf } from '../a-site.js';

describe('the file', () => {
  it('is empty', () => {
    expect(problemsOf('# nothing\n')).toMatchInlineSnapshot(`
      "lunsmith.yaml:1:1 The file is empty.
      # nothing
      ^
        Expected: a map with \`hosts\`, \`channels\` and \`clients\`"
    `);
  });
  it('is no map', () => {
    expect(problemsOf('- hosts\n')).toMatchInlineSnapshot(`
      "lunsmith.yaml:1:1 A site is a map.
      - hosts
      ^^^^^^^
        Expected: keys such as \`hosts:\`, \`channels:\` and \`clients:\` at the left margin"
    `);
  });
  it('has no hosts', () => {
    expect(problemsOf('channels: [stable]\n')).toMatchInlineSnapshot(`
      "lunsmith.yaml:1:1 Missing key \`hosts\`.
      channels: [stable]
      ^^^^^^^^
        Expected: \`hosts\`: The target hosts, by name."
    `);
  });
  it('has hosts without a host', () => {
    expect(problemsOf('hosts: {}\n')).toMatchInlineSnapshot(`
      "lunsmith.yaml:1:1 A site has at least one host.
      hosts: {}
      ^^^^^"
    `);
  });
  it('has a misspelt key', () => {
    expect(problemsOf(changed('channels:', 'chanels:'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:6:1 Unknown key \`chanels\`.
      chanels: [edge, stable]
      ^^^^^^^
        Expected: one of hosts, channels, clients, files, power
        Hint: Did you mean \`channels\`?"
    `);
  });
  it('has misspelt keys in a host', () => {
    expect(problemsOf(changed('connect:', 'conect:'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:5 Unknown key \`conect\`.
          conect: ssh://root@san1.example.org
          ^^^^^^
        Expected: one of connect, sudo, root, address, target, clone, retention, http, tftp, dhcp, reload, gate
        Hint: Did you mean \`connect\`?"
    `);
  });
  it('has misspelt keys in a client', () => {
    expect(problemsOf(changed('mac:', 'mack:'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:9:5 Unknown key \`mack\`.
          mack: 52:54:00:12:34:56
          ^^^^
        Expected: one of host, mac, serial, uuid, initiator, account, secret, channel, size, target, boot, images, menu-seconds, follows, files, address, netmask, gateway, dns
        Hint: Did you mean \`mac\`?"
    `);
  });
});

describe('a secret written plainly', () => {
  it('is not repeated', () => {
    expect(problemsOf(changed('env:WEB1_CHAP', 'hunter2hunter2'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:11:13 A secret must be a reference.
        Expected: \`env:NAME\` or \`file:PATH\`
        Found: not shown: it may be a secret
        Hint: Put the secret into an environment variable or a file of mode 0600 and name that."
    `);
  });
  it('is not repeated when it is a number', () => {
    expect(problemsOf(changed('env:WEB1_CHAP', '123456789012'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:11:13 Wrong kind of value of \`secret\`.
        Expected: a string
        Found: not shown: it may be a secret
        Hint: Put quotes around it."
    `);
  });

  const PLAIN = 'hunter2hunter2';
  it.each([
    ['under a misspelt key', changed('secret: env:WEB1_CHAP', `secert: ${PLAIN}`)],
    ['under another key', changed('secret: env:WEB1_CHAP', `password: ${PLAIN}`)],
    ['on the line of another mistake', changed('mac: 52:54:00:12:34:56', `{ mac: x, secret: ${PLAIN} }`)],
    [
      'in a map on one line',
      `hosts: { a: { address: 192.0.2.1 } }\nclients: { w: { mac: x, channel: stable, secret: "${PLAIN}" } }\n`,
    ],
    ['in quotes that do not close', changed('env:WEB1_CHAP', `"${PLAIN}`)],
    ['that YAML takes for a map', changed('env:WEB1_CHAP', `${PLAIN}: x`)],
    ['as a list', changed('env:WEB1_CHAP', `[${PLAIN}]`)],
    ['as a map', changed('env:WEB1_CHAP', `{ ${PLAIN}: x }`)],
    ['as text of several lines', changed('env:WEB1_CHAP', `|\n      ${PLAIN}`)],
    ['after a scheme', changed('env:WEB1_CHAP', `plain:${PLAIN}`)],
    ['as the name of a variable', changed('env:WEB1_CHAP', `env:${PLAIN}!`)],
    ['in a URL', changed('ssh://root@', `ssh://root:${PLAIN}@`)],
    ['in an address without a scheme', changed('ssh://root@', `root:${PLAIN}@`)],
    [
      'in the URL of the HTTP server',
      changed('    dhcp:', `    http: { url: "me:${PLAIN}@192.0.2.10" }\n    dhcp:`),
    ],
    ['under a short key', changed('secret: env:WEB1_CHAP', `pw: ${PLAIN}`)],
  ])('is never repeated %s', (_, text) => {
    const problems = problemsOf(text);
    expect(problems).not.toBe('');
    expect(problems).not.toContain(PLAIN);
  });
});
