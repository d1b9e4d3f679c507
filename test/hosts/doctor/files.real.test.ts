/** Links and files of a host that are not what its state says. */
import { appendFile, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CONVERGE, WEB1, WEB2, wellHost } from './well-host.js';

const well = wellHost();
const { at, found, generationOf } = well;

describe('links', () => {
  it('http leads elsewhere', async () => {
    await unlink(at('http'));
    await symlink('states/1/http', at('http'));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'links',
        what: 'A link does not lead where it should.',
        where: at('http'),
        expected: 'a link to current/http',
        found: 'a link to states/1/http',
        hint: `Run there: ln -sfn current/http ${at('http')}`,
      },
    ]);
  });

  it('the name of a machine leads to another client', async () => {
    const path = 'current/http/clients/by-mac/52-54-00-00-00-01.ipxe';
    await unlink(at(path));
    await symlink('../web2/boot.ipxe', at(path));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'files',
        what: 'A link leads elsewhere.',
        where: at('states/3/http/clients/by-mac/52-54-00-00-00-01.ipxe'),
        expected: 'a link to ../web1/boot.ipxe',
        found: 'a link to ../web2/boot.ipxe',
        hint: `Somebody edited it. ${CONVERGE}`,
      },
    ]);
  });
});

describe('files', () => {
  const script = 'states/3/http/clients/web1/boot.ipxe';

  it('a script names another LUN number', async () => {
    const text = await readFile(at(script), 'utf8');
    await writeFile(at(script), text.replace('::3260:1:', '::3260:0:'));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'files',
        what: 'A file is not what the state of the host says.',
        where: `${at(script)}, line 6`,
        expected: `set san-uri iscsi:192.0.2.1::3260:1:${well.web1.target}`,
        found: `set san-uri iscsi:192.0.2.1::3260:0:${well.web1.target}`,
        hint: `Somebody edited it. ${CONVERGE}`,
      },
    ]);
  });

  it('a script names another initiator', async () => {
    const text = await readFile(at(script), 'utf8');
    await writeFile(at(script), text.replace(WEB1.initiator, WEB2.initiator));
    expect(await found()).toMatchObject([
      {
        expected: `set initiator-iqn ${WEB1.initiator}`,
        found: `set initiator-iqn ${WEB2.initiator}`,
        where: `${at(script)}, line 7`,
      },
    ]);
  });

  it('an account is another, and neither secret is shown', async () => {
    const path = 'states/3/http/clients/web1/account.ipxe';
    await writeFile(at(path), '#!ipxe\nset username web1\nset password someone-elses\n');
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'files',
        what: 'A file is not what the state of the host says.',
        where: `${at(path)}, line 3`,
        expected: 'a line with (a secret, not shown)',
        found: 'a line with (a secret, not shown)',
        hint: `Somebody edited it. ${CONVERGE}`,
      },
    ]);
  });

  it('an archive for an initramfs is another', async () => {
    const { id } = await generationOf('web2');
    const path = `states/3/http/clients/web2/debian-${id}.cpio`;
    await writeFile(at(path), 'else');
    expect(await found()).toMatchObject([
      { where: at(path), expected: 'the bytes that follow from the state', found: 'other bytes' },
    ]);
  });

  it('a file is missing', async () => {
    await unlink(at(script));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'files',
        what: 'A file is missing.',
        where: at(script),
        expected: 'the file that the state of the host says',
        found: 'nothing',
        hint: CONVERGE,
      },
    ]);
  });

  it('a file is none of ours', async () => {
    await writeFile(at('conf/notes'), '');
    expect(await found()).toEqual([
      {
        level: 'warning',
        about: 'files',
        what: 'A file is none of ours.',
        where: at('conf/notes'),
        expected: 'the files that the state of the host says, and no others',
        found: 'another file',
        hint: 'Move it away; the next change of the host removes it.',
      },
    ]);
  });

  it('the file of the target is edited, and no secret is shown', async () => {
    await appendFile(at('conf/targets.conf'), 'incominguser eve eves-secret-word\n');
    expect(await found()).toMatchObject([
      {
        where: `${at('conf/targets.conf')}, line 3`,
        expected: 'nothing',
        found: 'incominguser (a secret, not shown)',
      },
    ]);
  });
});

describe('TFTP', () => {
  it.each([
    [
      'start4.elf',
      'error',
      'A file of a Raspberry Pi may not lie here: machines whose own folder lacks it would boot this one.',
      'the files that the state of the host says, and no others: everybody on the network can read them',
      'Move it away; the next change of the host removes it.',
    ],
    [
      'notes',
      'error',
      'A file in the TFTP root is none of ours.',
      'the files that the state of the host says, and no others: everybody on the network can read them',
      'Move it away; the next change of the host removes it.',
    ],
    [
      'bootcode.bin',
      'warning',
      'A file in the TFTP root is none of ours.',
      'the files that the state of the host says; a Raspberry Pi 3 needs this one besides',
      'The next change of the host removes it: serve a Raspberry Pi from another TFTP root.',
    ],
  ])('%s does not belong there', async (name, level, what, expected, hint) => {
    await writeFile(at(`tftp/${name}`), '');
    expect(await found()).toEqual([
      {
        level,
        about: 'tftp',
        what,
        where: at(`tftp/${name}`),
        expected,
        found: 'a file of somebody else',
        hint,
      },
    ]);
  });

  it('a boot program is missing', async () => {
    await unlink(at('tftp/snponly.efi'));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'tftp',
        what: 'A file that clients load by TFTP is missing.',
        where: at('tftp/snponly.efi'),
        expected: 'a boot program of the package ipxe',
        found: 'nothing',
        hint: CONVERGE,
      },
    ]);
    expect(await found({ binaries: undefined })).toHaveLength(1);
  });

  it('a boot program is another', async () => {
    await writeFile(at('tftp/snponly.efi'), 'older');
    expect(await found()).toEqual([
      {
        level: 'warning',
        about: 'tftp',
        what: 'A boot program is not the one of this machine.',
        where: at('tftp/snponly.efi'),
        expected: 'that of the package ipxe 1.0.0',
        found: 'another version, or an edited file',
        hint: 'The next change of the host puts this machine’s there.',
      },
    ]);
    expect(await found({ binaries: undefined })).toEqual([]);
  });

  it('a script is edited', async () => {
    await writeFile(at('tftp/boot.ipxe'), '#!ipxe\nexit\n');
    expect(await found()).toMatchObject([
      { about: 'tftp', where: `${at('tftp/boot.ipxe')}, line 2`, found: 'exit' },
    ]);
  });
});
