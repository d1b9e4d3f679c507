/** A host that was made by real changes is well; each thing that is broken on it is told, and nothing else. */
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  readFile,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BootBinaries } from '../../../artifacts/formats/ipxe-binaries.js';
import { tftpFiles } from '../../../artifacts/publish/boot-files.js';
import { type CarryOutOptions, carryOut, readState } from '../../../artifacts/publish/carry-out.js';
import type { Intent } from '../../../artifacts/publish/change.js';
import { type Examination, examineHost, type Finding } from '../../../artifacts/publish/doctor.js';
import type { Generation } from '../../../artifacts/publish/host-state.js';
import { canonicalJson, sha256OfText } from '../../../artifacts/release/digest.js';
import { type HostRig, hostRig } from '../../util/host-rig.js';
import { clientFacts, smallRelease } from '../../util/hosts.js';

const BINARIES: BootBinaries = {
  version: '1.0.0',
  packages: { ipxe: '1.0.0' },
  files: ['undionly.kpxe', 'snponly.efi', 'ipxe.lkrn'].map((name) => ({ name, bytes: Buffer.from(name) })),
};
const WEB1 = clientFacts(1, { secret: 'env:CANARY' });
const WEB2 = clientFacts(2, { images: [{ name: 'debian', channel: 'stable', boot: 'direct' }] });
const SECRET = 'CANARY-of-web1';
const CONVERGE = 'Any change of the host writes it anew, such as: npx lunsmith client rotate CLIENT';

let rig: HostRig;
let options: CarryOutOptions;
let web1: Generation;
const at = (path: string) => join(rig.root, path);
const act = (intent: Intent) => carryOut(rig.host, intent, options, rig.ports);

/** What the folder was before anything was broken. */
let whole: string;

beforeAll(async () => {
  rig = await hostRig();
  const { parts } = rig.options;
  const bootFiles = {
    ...parts.bootFiles,
    tftp: (input: Parameters<typeof tftpFiles>[0]) => tftpFiles(input, BINARIES),
  };
  options = { ...rig.options, parts: { ...parts, bootFiles } };
  await act({ kind: 'promote', channel: 'stable', release: rig.releases.v1.digest });
  await act({ kind: 'add', client: WEB1 });
  await act({ kind: 'add', client: WEB2 });
  web1 = await generationOf('web1');
  whole = `${rig.folder}.whole`;
  await cp(rig.folder, whole, { recursive: true, verbatimSymlinks: true });
});
afterEach(async () => {
  await rm(rig.folder, { recursive: true });
  await cp(whole, rig.folder, { recursive: true, verbatimSymlinks: true });
});
afterAll(async () => {
  await rm(whole, { recursive: true });
  await rig[Symbol.asyncDispose]();
});

async function generationOf(client: string): Promise<Generation> {
  const generation = (await readState(rig.host)).clients[client]?.images['debian']?.generations[0];
  if (generation === undefined) throw new Error(`${client} has no LUN`);
  return generation;
}

function examine(changed: Partial<Examination> = {}): Promise<readonly Finding[]> {
  const { adapter } = options.parts;
  const site = { clients: [WEB1, WEB2], channels: ['stable', 'edge'] };
  return examineHost({ host: rig.host, adapter, binaries: BINARIES, site, ...changed }, rig.ports);
}

/** All that is found, and that no secret is among it. */
async function found(changed: Partial<Examination> = {}): Promise<readonly Finding[]> {
  const findings = await examine(changed);
  expect(JSON.stringify(findings)).not.toContain(SECRET);
  return findings;
}

it('a host that changes alone have made is well', async () => {
  expect(await found()).toEqual([]);
});

it('a host that nothing was done to lacks its clients only', async () => {
  await rm(rig.root, { recursive: true });
  await mkdir(rig.root);
  expect((await found()).map(({ what }) => what)).toEqual([
    'The client web1 of the site is not on the host.',
    'The client web2 of the site is not on the host.',
  ]);
});

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
        expected: `set san-uri iscsi:192.0.2.1::3260:1:${web1.target}`,
        found: `set san-uri iscsi:192.0.2.1::3260:0:${web1.target}`,
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
        hint: `Run there: chmod 600 ${at(path)}. Then give the client another secret: npx lunsmith client rotate CLIENT`,
      },
    ]);
    expect(findings[0]?.found).toMatch(shown);
  });

  it('a secret is handed to everybody', async () => {
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

  it('a folder may be changed by everybody', async () => {
    await chmod(at('tftp'), 0o777);
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'secrets',
        what: 'Everybody on the host may change a folder.',
        where: at('tftp'),
        expected: 'nobody but its owner may write',
        found: 'mode 777',
        hint: `Run there: chmod o-w ${at('tftp')}`,
      },
    ]);
  });
});

describe('LUNs', () => {
  it('one is not there', async () => {
    await unlink(web1.disk);
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'disks',
        what: `The LUN of web1, image debian, ${web1.id}, is not there.`,
        where: web1.disk,
        expected: 'a disk of 1048576 bytes',
        found: 'nothing',
        hint: 'Bring it back from a copy of your own. Give it a fresh one, without what the client stored: npx lunsmith client reset web1',
      },
    ]);
  });

  it('one has another size', async () => {
    await truncate(web1.disk, 4096);
    expect(await found()).toMatchObject([
      {
        what: `The LUN of web1, image debian, ${web1.id}, has another size.`,
        expected: '1048576 bytes',
        found: '4096 bytes',
      },
    ]);
  });

  it('one is open to others', async () => {
    await chmod(web1.disk, 0o644);
    expect(await found()).toMatchObject([
      {
        what: `The LUN of web1, image debian, ${web1.id}, is open to others.`,
        expected: 'mode 600',
        found: 'mode 644',
      },
    ]);
  });

  it('one belongs to nobody, another was begun', async () => {
    await writeFile(at('clients/web1/debian/other.img'), '');
    await writeFile(at('clients/web1/debian/begun.img.partial'), '');
    expect((await found()).map(({ what, where }) => [what, where])).toEqual([
      ['A LUN was begun and not finished.', at('clients/web1/debian/begun.img.partial')],
      ['A LUN belongs to no client.', at('clients/web1/debian/other.img')],
    ]);
  });
});

describe('releases', () => {
  it('one is not there', async () => {
    const { digest } = rig.releases.v1;
    await rm(at(`releases/${digest}`), { recursive: true });
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'releases',
        what: `The release ${digest.slice(0, 12)} is not on the host.`,
        where: at(`releases/${digest}`),
        expected: 'the release that the channel stable is at',
        found: 'nothing',
        hint: `Publish it again: npx lunsmith publish out/RECIPE/releases/${digest} --to san1`,
      },
    ]);
  });

  it('the manifest of one is another', async () => {
    const { digest } = rig.releases.v1;
    await appendFile(at(`releases/${digest}/manifest.json`), ' ');
    expect(await found()).toMatchObject([
      { what: `The release ${digest.slice(0, 12)} is damaged.`, found: 'another text' },
    ]);
  });

  it('files of one are short, or other', async () => {
    const small = smallRelease('v3');
    const file = (path: string, text: string) => ({
      path,
      bytes: text.length,
      digest: `sha256:${sha256OfText(text)}`,
    });
    const manifest = {
      ...small.manifest,
      files: [file('initrd.img', 'initramfs'), file('vmlinuz', 'kernel')],
    };
    const digest = sha256OfText(canonicalJson(manifest));
    const proofs = small.proofs.map((proof) => ({ ...proof, release: digest }));
    await mkdir(at(`releases/${digest}/proofs`), { recursive: true });
    await writeFile(at(`releases/${digest}/manifest.json`), canonicalJson(manifest));
    await writeFile(at(`releases/${digest}/disk.img`), small.disk);
    await writeFile(at(`releases/${digest}/proofs/bios-san.json`), canonicalJson(proofs[0]));
    await writeFile(at(`releases/${digest}/initrd.img`), 'initramfs');
    await writeFile(at(`releases/${digest}/vmlinuz`), 'kernel');
    await act({ kind: 'promote', channel: 'edge', release: digest });
    expect(await found()).toEqual([]);
    await writeFile(at(`releases/${digest}/initrd.img`), 'init');
    await writeFile(at(`releases/${digest}/vmlinuz`), 'Kernel');
    const hint = `Move its folder away there, then publish it again: npx lunsmith publish out/RECIPE/releases/${digest} --to san1`;
    const words = {
      level: 'error',
      about: 'releases',
      what: `The release ${digest.slice(0, 12)} is damaged.`,
      hint,
    };
    expect(await found()).toEqual([
      { ...words, where: at(`releases/${digest}/initrd.img`), expected: '9 bytes', found: '4 bytes' },
      {
        ...words,
        where: at(`releases/${digest}/vmlinuz`),
        expected: `sha256:${sha256OfText('kernel')}`,
        found: `sha256:${sha256OfText('Kernel')}`,
      },
    ]);
  });

  it('the one of a channel lacks a proof', async () => {
    const { digest } = rig.releases.v1;
    const facts = { ...rig.facts, gate: ['bios-san', 'uefi-san'] };
    expect(await found({ host: { ...rig.host, facts } })).toEqual([
      {
        level: 'warning',
        about: 'releases',
        what: 'The release of stable lacks a proof that the gate of san1 asks for.',
        where: at(`releases/${digest}/proofs`),
        expected: 'a passed proof of bios-san, uefi-san',
        found: 'none of uefi-san',
        hint: `Prove it, then publish it again: npx lunsmith prove out/debian-bookworm/releases/${digest}`,
      },
    ]);
  });

  it('one came in part', async () => {
    const digest = 'a'.repeat(64);
    await mkdir(at(`incoming/${digest}`), { recursive: true });
    expect(await found()).toMatchObject([
      { level: 'warning', what: 'The release aaaaaaaaaaaa came in part.', where: at(`incoming/${digest}`) },
    ]);
  });
});

describe('the target', () => {
  async function changeTable(change: (rows: Awaited<ReturnType<HostRig['table']>>) => object[]) {
    await writeFile(join(rig.folder, 'table.json'), JSON.stringify(change(await rig.table())));
  }
  const MEND = 'Any change of the host offers it anew, such as: npx lunsmith client rotate web1';

  it('does not offer a LUN', async () => {
    await changeTable((rows) => rows.filter(({ target }) => target !== web1.target));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'target',
        what: 'The target does not offer the LUN of web1, image debian.',
        where: web1.target,
        expected: 'a target of that name in tgt',
        found: 'no such target',
        hint: MEND,
      },
    ]);
  });

  it('offers another disk, to others, by another account', async () => {
    await changeTable((rows) =>
      rows.map((row) =>
        row.target === web1.target
          ? { ...row, disk: '/other.img', initiator: WEB2.initiator, chap: { user: 'eve', secret: '' } }
          : row,
      ),
    );
    const words = {
      level: 'error',
      about: 'target',
      where: web1.target,
      hint: `Somebody changed it. ${MEND}`,
    };
    expect(await found()).toEqual([
      {
        ...words,
        what: 'The target of web1, image debian, has another disk.',
        expected: `LUN 1: ${web1.disk}`,
        found: 'LUN 1: /other.img',
      },
      {
        ...words,
        what: 'Others than web1 may log in to its target, or web1 may not.',
        expected: WEB1.initiator,
        found: WEB2.initiator,
      },
      { ...words, what: 'The target of web1 asks for another CHAP account.', expected: 'web1', found: 'eve' },
    ]);
  });

  it('has one more of our prefix', async () => {
    const target = 'iqn.2026-01.org.example:san1:old.debian.1';
    await changeTable((rows) => [...rows, { ...rows[0], target }]);
    expect(await found()).toEqual([
      {
        level: 'warning',
        about: 'leftovers',
        what: 'A target has our prefix, and no client has it.',
        where: target,
        expected: 'the targets of the state, and no others of this prefix',
        found: 'another target',
        hint: 'If the next change of the host does not take it away, remove it by hand.',
      },
    ]);
  });

  it('an old LUN that somebody is running from is no finding', async () => {
    const web = await generationOf('web1');
    await rig.sessions([{ target: web.target, initiator: WEB1.initiator }]);
    await act({ kind: 'promote', channel: 'stable', release: rig.releases.v2.digest });
    await act({ kind: 'promote', channel: 'stable', release: rig.releases.v1.digest });
    expect(await found()).toEqual([]);
  });
});

it('a program is missing', async () => {
  const adapter = { ...options.parts.adapter, tools: ['no-such-program'] };
  expect(await found({ adapter })).toEqual([
    {
      level: 'error',
      about: 'tools',
      what: 'The program no-such-program is missing.',
      where: 'san1',
      expected: 'no-such-program on the PATH of the user that connects',
      found: 'nothing',
      hint: 'Install the package that has it there; in Debian: apt-file search bin/no-such-program',
    },
  ]);
});

it('the DHCP server does not know of our file', async () => {
  const dhcp = { kind: 'dnsmasq-proxy', interface: 'eth0', network: '192.0.2.0' } as const;
  const facts = { ...rig.facts, dhcp };
  const findings = await found({ host: { ...rig.host, facts } });
  const path = at('conf/dnsmasq.conf');
  expect(findings).toContainEqual({
    level: 'warning',
    about: 'dhcp',
    what: 'dnsmasq does not seem to read our file.',
    where: path,
    expected: `conf-file=${path} in a file of /etc/dnsmasq.d`,
    found: 'nothing of it in /etc/dnsmasq.conf, /etc/dnsmasq.d, nor on its command line',
    hint: `Add conf-file=${path} in a file of /etc/dnsmasq.d, then restart dnsmasq.`,
  });
  expect(findings).toContainEqual({
    level: 'error',
    about: 'files',
    what: 'A file is missing.',
    where: path,
    expected: 'the file that the state of the host says',
    found: 'nothing',
    hint: CONVERGE,
  });
});

it('a DHCP server that has not read its file', async () => {
  const dhcp = { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' } as const;
  await writeFile(at('states/reload'), '');
  const findings = await found({ host: { ...rig.host, facts: { ...rig.facts, dhcp } } });
  expect(findings).toContainEqual({
    level: 'warning',
    about: 'dhcp',
    what: 'dhcpd has not read our file since it was changed.',
    where: at('conf/dhcpd.conf'),
    expected: 'the command `reload` of the site done',
    found: 'not done, or failed',
    hint: 'Restart dhcpd there; the next change of the host tries again.',
  });
});

it('site and host do not say the same', async () => {
  const web3 = clientFacts(3);
  const clients = [{ ...WEB1, mac: '52:54:00:00:00:99', menuSeconds: 9 }, web3];
  const words = { level: 'warning', about: 'site', where: at('current/state.json') };
  expect(await found({ site: { clients, channels: ['edge'] } })).toEqual([
    {
      ...words,
      what: 'The client web1 is another on the host than in the site.',
      expected: 'mac "52:54:00:00:00:99", menuSeconds 9',
      found: 'mac "52:54:00:00:00:01", menuSeconds 5',
      hint: 'Run: npx lunsmith client add web1',
    },
    {
      ...words,
      what: 'The client web3 of the site is not on the host.',
      expected: 'it among the clients there',
      found: 'nothing',
      hint: 'Run: npx lunsmith client add web3',
    },
    {
      ...words,
      what: 'The client web2 is on the host, and not in the site.',
      expected: 'the clients of the site',
      found: 'web2',
      hint: 'Write it into lunsmith.yaml again. Then, if it shall go with all that it stored: npx lunsmith client rm web2',
    },
    {
      ...words,
      what: 'The channel stable is on the host, and not in the site.',
      expected: 'edge',
      found: 'stable',
      hint: 'Add it to `channels` of lunsmith.yaml.',
    },
  ]);
});

it('the prefix of the targets was changed in the site', async () => {
  const facts = { ...rig.facts, target: { ...rig.facts.target, prefix: 'iqn.2026-01.org.example:new' } };
  const { id } = web1;
  expect(await found({ host: { ...rig.host, facts } })).toContainEqual({
    level: 'warning',
    about: 'state',
    what: 'A target of web1 has another name than the site gives it.',
    where: web1.target,
    expected: `iqn.2026-01.org.example:new:web1.debian.${id}`,
    found: web1.target,
    hint: 'The prefix was changed. Give it a fresh LUN: npx lunsmith client reset web1',
  });
});

it('two clients have one disk', async () => {
  const state = await readState(rig.host);
  const two = await generationOf('web2');
  await writeFile(at('states/3/state.json'), canonicalJson(state).replaceAll(two.disk, web1.disk));
  expect(await found()).toContainEqual({
    level: 'error',
    about: 'state',
    what: 'Two LUNs have the same disk.',
    where: web1.disk,
    expected: 'one of its own for each LUN',
    found: `web1, image debian, ${web1.id}; web2, image debian, ${two.id}`,
    hint: 'Shut both clients down, then give one a fresh LUN: npx lunsmith client reset web2',
  });
});

it('changes were not finished', async () => {
  await unlink(at('states/3/converged'));
  await mkdir(at('states/4'));
  await writeFile(at('conf/x.1234.partial'), '');
  const finish = 'The next change of the host finishes or removes it, or: npx lunsmith repair --on san1';
  const findings = (await found()).filter(({ about }) => about === 'leftovers');
  const words = { level: 'warning', about: 'leftovers' };
  expect(findings).toEqual([
    {
      ...words,
      what: 'The last change is not finished: targets and files of the TFTP and DHCP servers may still be the old ones.',
      where: at('states/3'),
      expected: 'the mark `converged`',
      found: 'none',
      hint: finish,
    },
    {
      ...words,
      what: 'A change was begun and not finished.',
      where: at('states/4'),
      expected: 'states up to 3',
      found: 'state 4',
      hint: finish,
    },
    {
      ...words,
      what: 'A file was begun and not finished.',
      where: at('conf/x.1234.partial'),
      expected: 'no such file',
      found: 'a part of one',
      hint: 'Remove it.',
    },
  ]);
});
