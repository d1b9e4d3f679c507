/** Secrets of a host that are missing, or that others can read. */
import { appendFile, chmod, unlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SECRET, wellHost } from './well-host.js';

const well = wellHost();
const { at, found } = well;

describe('secrets', () => {
  it('the account of a client is not there', async () => {
    await unlink(at('secrets/web1'));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'secrets',
        what: 'The CHAP account of web1 is not on the host.',
        where: at('secrets/web1'),
        expected: 'its user and secret',
        found: 'nothing, or something else',
        hint: 'Bring it there again: npx lunsmith client rotate web1',
      },
    ]);
  });

  it('the account of a client is another', async () => {
    await writeFile(at('secrets/web1'), JSON.stringify({ user: 'eve', secret: SECRET }));
    const findings = await found();
    expect(findings[0]).toEqual({
      level: 'error',
      about: 'secrets',
      what: 'The CHAP account of web1 is another than that of the state.',
      where: at('secrets/web1'),
      expected: 'web1',
      found: 'eve',
      hint: 'Bring it there again: npx lunsmith client rotate web1',
    });
    // What was made of it does not agree with it either.
    expect(findings.slice(1).map(({ about }) => about)).toEqual(['files']);
  });

  it.each([
    ['secrets/web1', 0o644, 'mode 644'],
    ['conf/targets.conf', 0o640, 'mode 640'],
    ['states/3/http/clients/web1/account.ipxe', 0o604, 'mode 604'],
  ])('%s is open to others', async (path, mode, shown) => {
    await chmod(at(path), mode);
    const findings = await found();
    expect(findings).toMatchObject([
      {
        level: 'error',
        about: 'secrets',
        what: 'A file with a secret is open to others.',
        where: at(path),
        expected: 'mode 600',
        hint: `Run: npx lunsmith repair --on san1. Then give the client another secret: npx lunsmith client rotate CLIENT`,
      },
    ]);
    expect(findings[0]?.found).toMatch(shown);
  });

  it('a secret is handed to every client', async () => {
    await writeFile(at('tftp/boot.ipxe'), `#!ipxe\nset password ${SECRET}\n`);
    expect((await found()).filter(({ about }) => about === 'secrets')).toEqual([
      {
        level: 'error',
        about: 'secrets',
        what: 'The CHAP secret of web1 stands where it does not belong.',
        where: at('tftp/boot.ipxe'),
        expected: 'secrets in files that nobody but their owner, or the HTTP server, can read',
        found: 'a file that is handed to everybody',
        hint: 'Remove it from there, then give each of them another secret: npx lunsmith client rotate web1',
      },
    ]);
  });

  it('a secret stands in a file of an earlier state, as iPXE writes bytes', async () => {
    const hex = [...Buffer.from(SECRET)].map((byte) => byte.toString(16)).join(':');
    await appendFile(at('states/2/http/boot.ipxe'), `set password:hex ${hex}\n`);
    expect(await found()).toMatchObject([
      { where: at('states/2/http/boot.ipxe'), found: 'a file that others can read, or that is shown' },
    ]);
  });

  it('a folder is world-writable', async () => {
    await chmod(at('tftp'), 0o777);
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'secrets',
        what: 'Everybody on the host may change a folder.',
        where: at('tftp'),
        expected: 'nobody but its owner may write',
        found: 'mode 777',
        hint: 'Run: npx lunsmith repair --on san1',
      },
    ]);
  });
});
