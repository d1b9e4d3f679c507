/** What a user reads when a client in a site is wrong: the whole text. */
import { describe, expect, it } from 'vitest';
import { changed, ofClient, problemsOf, RIGHT } from '../a-site.js';

describe('a client', () => {
  it('on an unknown host', () => {
    expect(ofClient('host: san2')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:11 There is no host \`san2\`.
          host: san2
                ^^^^
        Expected: san1
        Hint: Did you mean \`san1\`?"
    `);
  });
  it('on no host where there are two', () => {
    expect(
      problemsOf(changed('channels:', '  other: { address: 192.0.2.11 }\nchannels:')),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:9:3 Missing key \`host\`.
        web1:
        ^^^^
        Expected: \`host\`: one of san1, other

      lunsmith.yaml:13:3 Missing key \`host\`.
        web2:
        ^^^^
        Expected: \`host\`: one of san1, other"
    `);
  });
  it('of an unknown channel', () => {
    expect(problemsOf(changed('channel: stable', 'channel: stabel'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:10:14 There is no channel \`stabel\`.
          channel: stabel
                   ^^^^^^
        Expected: one of edge, stable
        Hint: Did you mean \`stable\`?"
    `);
  });
  it('of no channel', () => {
    expect(problemsOf(changed('    channel: stable\n', ''))).toMatchInlineSnapshot(`
      "lunsmith.yaml:8:3 Missing key \`channel\`.
        web1:
        ^^^^
        Expected: \`channel\`: one of edge, stable; or \`images\`"
    `);
  });
  it('whose account its target cannot take', () => {
    expect(
      problemsOf(changed('channel: stable', 'channel: stable\n    account: NULL-1')),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:11:14 LIO cannot take this CHAP user.
          account: NULL-1
                   ^^^^^^
        Expected: 1 to 255 printable ASCII characters without a space, not beginning with NULL
        Found: \`NULL-1\`"
    `);
  });
  it('that nothing tells from others', () => {
    expect(problemsOf(changed('    mac: 52:54:00:12:34:56\n', ''))).toMatchInlineSnapshot(`
      "lunsmith.yaml:8:3 Nothing tells client \`web1\` from other machines.
        web1:
        ^^^^
        Expected: \`mac\`, \`serial\` or \`uuid\`"
    `);
  });
  it('of nothing', () => {
    expect(problemsOf('hosts: { a: { address: 192.0.2.1 } }\nclients:\n  web1:\n')).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:3 Wrong kind of value of \`web1\`.
        web1:
        ^^^^
        Expected: a map
        Found: nothing"
    `);
  });
  it.each([
    '52:54:00:12:34',
    '52:54:00:12:34:5g',
    '525400123456',
    '52:54-00:12:34:56',
    '01-52-54-00-12-34-56',
  ])('with the MAC address %s', (mac) => {
    expect(problemsOf(changed('52:54:00:12:34:56', mac.length === 12 ? `'${mac}'` : mac))).toContain(
      `  Expected: six pairs of hexadecimal digits joined by \`:\`\n  Found: \`${mac}\``,
    );
  });
  it('with a broken MAC address', () => {
    expect(problemsOf(changed('52:54:00:12:34:56', '52:54:00:12:34:5x'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:9:10 Not a MAC address.
          mac: 52:54:00:12:34:5x
               ^^^^^^^^^^^^^^^^^
        Expected: six pairs of hexadecimal digits joined by \`:\`
        Found: \`52:54:00:12:34:5x\`"
    `);
  });
  it('with the MAC address of a group', () => {
    expect(problemsOf(changed('52:54:00:12:34:56', 'ff:ff:ff:ff:ff:ff'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:9:10 No network card has this MAC address.
          mac: ff:ff:ff:ff:ff:ff
               ^^^^^^^^^^^^^^^^^
        Expected: the address of one card, not of a group
        Found: \`ff:ff:ff:ff:ff:ff\`"
    `);
  });
  it('with a number for a serial number', () => {
    expect(problemsOf(changed('CZC123', '123'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:13:13 Wrong kind of value of \`serial\`.
          serial: 123
                  ^^^
        Expected: a string
        Found: the number 123
        Hint: Put quotes around it."
    `);
  });
  it('with a serial number with spaces', () => {
    expect(problemsOf(changed('CZC123', 'VMware-56 4d'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:13:13 Invalid value of \`serial\`.
          serial: VMware-56 4d
                  ^^^^^^^^^^^^
        Expected: letters, digits, \`.\`, \`_\` and \`-\`: it becomes part of a URL; name other machines by \`mac\` or \`uuid\`
        Found: \`VMware-56 4d\`"
    `);
  });
  it('with no UUID', () => {
    expect(ofClient('uuid: 4c4c4544')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:11 Not a UUID.
          uuid: 4c4c4544
                ^^^^^^^^
        Expected: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12 joined by \`-\`
        Found: \`4c4c4544\`"
    `);
  });
  it('with the UUID of none', () => {
    expect(ofClient('uuid: FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:11 This UUID says that the machine has none.
          uuid: FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: a UUID of one machine
        Found: \`FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\`
        Hint: Name it by \`mac\`."
    `);
  });
  it('with the UUID of a family of boards', () => {
    expect(ofClient('uuid: 03000200-0400-0500-0006-000700080009')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:11 Whole families of boards have this UUID: it tells no machine from another.
          uuid: 03000200-0400-0500-0006-000700080009
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: a UUID of one machine
        Found: \`03000200-0400-0500-0006-000700080009\`
        Hint: Name it by \`mac\`."
    `);
  });
  it.each([
    'FEFEFEFE-FEFE-FEFE-FEFE-FEFEFEFEFEFE',
    '58585858-5858-5858-5858-585858585858',
    '56f49712-ffff-ffff-ffff-ffffffffffff',
    '00020003-0004-0005-0006-000700080009',
  ])('with the UUID %s', (uuid) => {
    expect(ofClient(`uuid: ${uuid}`)).toContain('Whole families of boards have this UUID');
  });
  it.each([
    'Default_string',
    '0123456789',
    '00000000',
    'None',
    'System-Serial-Number',
    'To.be.filled.by.O.E.M.',
  ])('with the serial number %s, which many have', (serial) => {
    expect(problemsOf(changed('CZC123', `'${serial}'`))).toContain('this one stands in many');
  });
  it('with an account that is none', () => {
    expect(ofClient('account: "a b"')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:14 Invalid value of \`account\`.
          account: "a b"
                   ^^^^^
        Expected: letters, digits, \`.\`, \`_\`, \`:\` and \`-\`
        Found: \`a b\`"
    `);
  });
  it.each([
    ['10M10', undefined],
    ['512K', 'Write `1M`.'],
    ['1.5G', 'Write `1536M`.'],
  ])('with the size %s', (size, hint) => {
    const text = ofClient(`size: ${size}`);
    expect(text).toContain('lunsmith.yaml:15:11 ');
    expect(text.endsWith(hint === undefined ? `Found: \`${size}\`` : `  Hint: ${hint}`)).toBe(true);
  });
  it('with a size that is no multiple of 1 MiB', () => {
    expect(ofClient('size: 1000000000')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:11 The size is no multiple of 1 MiB.
          size: 1000000000
                ^^^^^^^^^^
        Expected: a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB
        Found: \`1000000000\`
        Hint: Write \`954M\`."
    `);
  });
  it('with images and what belongs into them', () => {
    expect(ofClient('size: 1G\n    images: [{ name: a, channel: edge }]')).toMatchInlineSnapshot(`
      "lunsmith.yaml:14:14 Client \`web2\` has \`images\`, each with a \`channel\` of its own.
          channel: edge
                   ^^^^
        Hint: Move it into \`images\`, or leave \`images\` out.

      lunsmith.yaml:15:11 Client \`web2\` has \`images\`, each with a \`size\` of its own.
          size: 1G
                ^^
        Hint: Move it into \`images\`, or leave \`images\` out."
    `);
  });
  it('with two images of one name', () => {
    expect(
      problemsOf(
        changed('channel: edge', 'images: [{ name: a, channel: edge }, { name: a, channel: egde }]'),
      ),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:14:50 The name of image 2 of client \`web2\` is that of image 1 of client \`web2\`.
          images: [{ name: a, channel: edge }, { name: a, channel: egde }]
                                                       ^
        Found: \`a\`, also at lunsmith.yaml:14:22
        Hint: Rename one of them.

      lunsmith.yaml:14:62 There is no channel \`egde\`.
          images: [{ name: a, channel: edge }, { name: a, channel: egde }]
                                                                   ^^^^
        Expected: one of edge, stable
        Hint: Did you mean \`edge\`?"
    `);
  });
  it('that follows something else', () => {
    expect(ofClient('follows: rebas')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:14 Unknown value of \`follows\`.
          follows: rebas
                   ^^^^^
        Expected: one of promote, rebase
        Found: \`rebas\`
        Hint: Did you mean \`rebase\`?"
    `);
  });
});

describe('static addresses', () => {
  it('in another network', () => {
    expect(ofClient('address: 198.51.100.7')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:14 The address is not in the network of host \`san1\`.
          address: 198.51.100.7
                   ^^^^^^^^^^^^
        Expected: an address of 192.0.2.0/24
        Found: \`198.51.100.7\`"
    `);
  });
  it('that no machine can have', () => {
    expect(ofClient('address: 192.0.2.255')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:14 No machine can have the first or the last address of its network.
          address: 192.0.2.255
                   ^^^^^^^^^^^
        Expected: another address of 192.0.2.0/24
        Found: \`192.0.2.255\`"
    `);
  });
  it('that the host has', () => {
    expect(ofClient('address: 192.0.2.10')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:14 The address is that of host \`san1\`.
          address: 192.0.2.10
                   ^^^^^^^^^^
        Expected: an address of its own
        Found: \`192.0.2.10\`"
    `);
  });
  it('that DHCP hands out', () => {
    const range =
      '{ kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.2.20, last: 192.0.2.50 } }';
    const text = changed('{ interface: eth0, network: 192.0.2.0/24 }', range);
    expect(
      problemsOf(changed('channel: edge', 'channel: edge\n    address: 192.0.2.21', text)),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:14 The DHCP server of host \`san1\` hands this address out to anybody.
          address: 192.0.2.21
                   ^^^^^^^^^^
        Expected: an address outside of \`192.0.2.20\` to \`192.0.2.50\`
        Found: \`192.0.2.21\`"
    `);
  });
  it('without a netmask', () => {
    const text = changed('    dhcp: { interface: eth0, network: 192.0.2.0/24 }\n', '');
    expect(
      problemsOf(changed('channel: edge', 'channel: edge\n    address: 192.0.2.21', text)),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:11:3 Missing key \`netmask\`.
        web2:
        ^^^^
        Expected: \`netmask\` of \`192.0.2.21\`: host \`san1\` has no network under \`dhcp\`"
    `);
  });
  it('with a netmask that is none', () => {
    expect(ofClient('address: 192.0.2.21\n    netmask: 255.0.255.0')).toMatchInlineSnapshot(`
      "lunsmith.yaml:16:14 Not a netmask.
          netmask: 255.0.255.0
                   ^^^^^^^^^^^
        Expected: ones and then zeros in four numbers, such as \`255.255.255.0\`
        Found: \`255.0.255.0\`"
    `);
  });
  it('with a gateway elsewhere', () => {
    expect(ofClient('address: 192.0.2.21\n    gateway: 192.0.3.1')).toMatchInlineSnapshot(`
      "lunsmith.yaml:16:14 The gateway is not in the network of client \`web2\`.
          gateway: 192.0.3.1
                   ^^^^^^^^^
        Expected: an address of 192.0.2.0/24
        Found: \`192.0.3.1\`"
    `);
  });
  it('that are none', () => {
    expect(ofClient('gateway: 192.0.2.1')).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:14 \`gateway\` belongs to a static address, and client \`web2\` has none.
          gateway: 192.0.2.1
                   ^^^^^^^^^
        Hint: Add \`address\`, or leave this out: DHCP tells it to the client."
    `);
  });
});

describe('what two clients share', () => {
  const web3 = (lines: string) =>
    problemsOf(`${RIGHT}  web3:\n    secret: env:WEB3\n    channel: edge\n    ${lines}\n`);

  it('a MAC address', () => {
    expect(web3('mac: 52-54-00-12-34-56')).toMatchInlineSnapshot(`
      "lunsmith.yaml:19:10 The MAC address of client \`web3\` is that of client \`web1\`.
          mac: 52-54-00-12-34-56
               ^^^^^^^^^^^^^^^^^
        Found: \`52:54:00:12:34:56\`, also at lunsmith.yaml:9:10
        Hint: Each machine has one of its own: correct one of them."
    `);
  });
  it('a serial number', () => {
    expect(web3('serial: CZC123')).toMatchInlineSnapshot(`
      "lunsmith.yaml:19:13 The serial number of client \`web3\` is that of client \`web2\`.
          serial: CZC123
                  ^^^^^^
        Found: \`CZC123\`, also at lunsmith.yaml:13:13
        Hint: Each machine has one of its own: correct one of them."
    `);
  });
  it('a folder in which Raspberry Pis look', () => {
    const pi = (name: string, serial: string) =>
      `  ${name}: { secret: env:PI, channel: edge, boot: tftp, serial: '${serial}' }\n`;
    expect(
      problemsOf(`${RIGHT}${pi('pi1', '00000000abcdef01')}${pi('pi2', '0x10000000ABCDEF01')}`),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:17:61 The folder for TFTP of client \`pi2\` is that of client \`pi1\`.
        pi2: { secret: env:PI, channel: edge, boot: tftp, serial: '0x10000000ABCDEF01' }
                                                                  ^^^^^^^^^^^^^^^^^^^^
        Found: \`abcdef01\`, also at lunsmith.yaml:16:61
        Hint: A Raspberry Pi looks in a folder named by the last 8 digits of its serial number: correct one of them."
    `);
    expect(problemsOf(`${RIGHT}${pi('pi1', '00000000abcdef01')}${pi('pi2', '00000000abcdef02')}`)).toBe('');
  });
  it('a UUID', () => {
    const uuid = 'uuid: 4c4c4544-0042-3510-8052-b4c04f4a3132';
    expect(
      problemsOf(changed('serial: CZC123', uuid, changed('mac: 52:54:00:12:34:56', uuid))),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:13:11 The UUID of client \`web2\` is that of client \`web1\`.
          uuid: 4c4c4544-0042-3510-8052-b4c04f4a3132
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Found: \`4c4c4544-0042-3510-8052-b4c04f4a3132\`, also at lunsmith.yaml:9:11
        Hint: Each machine has one of its own: correct one of them."
    `);
  });
  it('an iSCSI name, one of them by default', () => {
    expect(
      web3('serial: c\n    initiator: iqn.2026-01.net.lunsmith:san1:client.web1'),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:20:16 The iSCSI name of client \`web3\` is that of client \`web1\`.
          initiator: iqn.2026-01.net.lunsmith:san1:client.web1
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Found: \`iqn.2026-01.net.lunsmith:san1:client.web1\`, also at lunsmith.yaml:8:3
        Hint: Targets know a client by it: change one of them."
    `);
  });
  it('an account', () => {
    expect(web3('serial: c\n    account: web1')).toMatchInlineSnapshot(`
      "lunsmith.yaml:20:14 The account of client \`web3\` is that of client \`web1\`.
          account: web1
                   ^^^^
        Found: \`web1\`, also at lunsmith.yaml:8:3
        Hint: An iSCSI target may know accounts for all its targets together: change one of them."
    `);
  });
  it('an address', () => {
    const text = changed('channel: edge', 'channel: edge\n    address: 192.0.2.21');
    expect(
      problemsOf(changed('channel: stable', 'channel: stable\n    address: 192.0.2.21', text)),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:16:14 The address of client \`web2\` is that of client \`web1\`.
          address: 192.0.2.21
                   ^^^^^^^^^^
        Found: \`192.0.2.21\`, also at lunsmith.yaml:11:14
        Hint: Each machine has one of its own: correct one of them."
    `);
  });
});

describe('an image with nothing on its LUN', () => {
  const images = (text: string, site = RIGHT) =>
    problemsOf(changed('    channel: edge\n', `    images: [${text}]\n`, site));

  it('is as it is written', () => {
    expect(images('{ name: windows, blank: 60G, installer: edge }')).toBe('');
  });
  it('without an installer', () => {
    expect(images('{ name: data, blank: 60G }')).toBe('');
    expect(images('{ name: data, blank: 60G }, { name: data-installer, blank: 1G }')).toBe('');
  });
  it('an installer without it', () => {
    expect(images('{ name: windows, installer: edge }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:14:16 Missing key \`blank\`.
          images: [{ name: windows, installer: edge }]
                     ^^^^
        Expected: \`blank\`: the size of the LUN on which the installer puts its system"
    `);
    expect(images('{ name: windows }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:14:16 Missing key \`channel\`.
          images: [{ name: windows }]
                     ^^^^
        Expected: \`channel\`; or \`blank\`"
    `);
  });
  it('with what a copy has', () => {
    expect(
      images('{ name: windows, blank: 60G, installer: edge, channel: stable, boot: direct }'),
    ).toMatchInlineSnapshot(`
        "lunsmith.yaml:14:69 An image with \`blank\` has no \`channel\`.
            images: [{ name: windows, blank: 60G, installer: edge, channel: stable, boot: direct }]
                                                                            ^^^^^^
          Hint: Leave it out: the LUN is as large as \`blank\` says, and the firmware boots it.

        lunsmith.yaml:14:83 An image with \`blank\` has no \`boot\`.
            images: [{ name: windows, blank: 60G, installer: edge, channel: stable, boot: direct }]
                                                                                          ^^^^^^
          Hint: Leave it out: the LUN is as large as \`blank\` says, and the firmware boots it."
      `);
  });
  it('whose installer is no channel', () => {
    expect(images('{ name: windows, blank: 60G, installer: windows-installer }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:14:54 There is no channel \`windows-installer\`.
          images: [{ name: windows, blank: 60G, installer: windows-installer }]
                                                           ^^^^^^^^^^^^^^^^^
        Expected: one of edge, stable"
    `);
  });
  it('whose installer has the name of another image', () => {
    expect(
      images('{ name: w, blank: 60G, installer: edge }, { name: w-installer, channel: edge }'),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:14:64 The name of image 2 of client \`web2\` is that of the installer of image 1 of client \`web2\`.
          images: [{ name: w, blank: 60G, installer: edge }, { name: w-installer, channel: edge }]
                                                                     ^^^^^^^^^^^
        Found: \`w-installer\`, also at lunsmith.yaml:14:22
        Hint: Rename one of them."
    `);
  });
  it('on a storage array', () => {
    const array = changed(
      '    dhcp:',
      '    target: { kind: none, prefix: iqn.2026-01.org.example, portal: 192.0.2.3 }\n    dhcp:',
    );
    expect(images('{ name: windows, blank: 60G, installer: edge }', array)).toMatchInlineSnapshot(`
      "lunsmith.yaml:15:38 A storage array has no LUN with nothing on it that lunsmith could make.
          images: [{ name: windows, blank: 60G, installer: edge }]
                                           ^^^
        Expected: a host whose target is its own
        Found: \`target: { kind: none }\`"
    `);
  });
});

describe('a secret that is asked for', () => {
  it('without what the target knows', () => {
    expect(problemsOf(changed('secret: env:WEB1_CHAP', 'secret: prompt'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:11:13 A prompt needs a reference beside it: the target must know the secret.
        Expected: \`prompt:env:NAME\` or \`prompt:file:PATH\`
        Found: not shown: it may be a secret"
    `);
  });
  it('where an initramfs takes it from a file', () => {
    expect(
      problemsOf(changed('secret: env:WEB1_CHAP', 'secret: prompt:env:WEB1_CHAP\n    boot: direct')),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:11:13 Nobody can be asked for the secret of \`web1\`: its initramfs takes it from a file.
          secret: prompt:env:WEB1_CHAP
                  ^^^^^^^^^^^^^^^^^^^^
        Expected: \`boot: san\` for all its images, or a secret without \`prompt:\`
        Found: \`boot: direct\`"
    `);
  });
});
