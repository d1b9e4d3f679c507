/** What a user reads when a site is wrong: the whole text. */
import { describe, expect, it } from 'vitest';
import { changed, problemsOf, RIGHT } from './a-site.js';

/** The text for a value in the host, after its address. */
const ofHost = (line: string) => problemsOf(changed('    dhcp:', `    ${line}\n    dhcp:`));
/** The text for a `dhcp` of the host. */
const ofDhcp = (dhcp: string) => problemsOf(changed('{ interface: eth0, network: 192.0.2.0/24 }', dhcp));
/** The text for a value in the client `web2`, after its serial number. */
const ofClient = (line: string) => problemsOf(changed('channel: edge', `channel: edge\n    ${line}`));

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
        Expected: one of hosts, channels, clients
        Hint: Did you mean \`channels\`?"
    `);
  });
  it('has misspelt keys in a host', () => {
    expect(problemsOf(changed('connect:', 'conect:'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:5 Unknown key \`conect\`.
          conect: ssh://root@san1.example.org
          ^^^^^^
        Expected: one of connect, root, address, target, clone, http, dhcp, reload, gate
        Hint: Did you mean \`connect\`?"
    `);
  });
  it('has misspelt keys in a client', () => {
    expect(problemsOf(changed('mac:', 'mack:'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:9:5 Unknown key \`mack\`.
          mack: 52:54:00:12:34:56
          ^^^^
        Expected: one of host, mac, serial, uuid, initiator, account, secret, channel, size, boot, images, menu-seconds, follows, address, netmask, gateway, dns
        Hint: Did you mean \`mac\`?"
    `);
  });
});

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

describe('a host', () => {
  it('without an address', () => {
    expect(problemsOf(changed('    address: 192.0.2.10\n', ''))).toMatchInlineSnapshot(`
      "lunsmith.yaml:2:3 Missing key \`address\`.
        san1:
        ^^^^
        Expected: \`address\`: The address at which clients reach the host, IPv4."
    `);
  });
  it('with a name for an address', () => {
    expect(problemsOf(changed('192.0.2.10', 'san1.example.org'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:4:14 Not an IPv4 address.
          address: san1.example.org
                   ^^^^^^^^^^^^^^^^
        Expected: four numbers from 0 to 255 joined by \`.\`, such as \`192.0.2.10\`
        Found: \`san1.example.org\`"
    `);
  });
  it('with an IPv6 address', () => {
    expect(problemsOf(changed('192.0.2.10', 'fd00::1'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:4:14 Not an IPv4 address.
          address: fd00::1
                   ^^^^^^^
        Expected: four numbers from 0 to 255 joined by \`.\`, such as \`192.0.2.10\`
        Found: \`fd00::1\`
        Hint: iPXE hands on IPv4 alone: its table for the operating system holds nothing else."
    `);
  });
  it('with an octal address', () => {
    expect(problemsOf(changed('192.0.2.10', '192.0.2.010'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:4:14 Not an IPv4 address.
          address: 192.0.2.010
                   ^^^^^^^^^^^
        Expected: four numbers from 0 to 255 joined by \`.\`, such as \`192.0.2.10\`
        Found: \`192.0.2.010\`"
    `);
  });
  it('with an address of a group', () => {
    expect(problemsOf(changed('192.0.2.10', '224.0.0.1'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:4:14 No machine can have this address.
          address: 224.0.0.1
                   ^^^^^^^^^
        Expected: an address from 1.0.0.0 to 223.255.255.255
        Found: \`224.0.0.1\`"
    `);
  });
  it('outside of its network', () => {
    expect(problemsOf(changed('192.0.2.10', '198.51.100.10'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:4:14 The address of host \`san1\` is not in the network that its DHCP server answers.
          address: 198.51.100.10
                   ^^^^^^^^^^^^^
        Expected: an address of 192.0.2.0/24 that a machine can have
        Found: \`198.51.100.10\`"
    `);
  });
  it('reached without a scheme', () => {
    expect(problemsOf(changed('ssh://root@', 'root@'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:14 No way to a target host.
          connect: root@san1.example.org
                   ^^^^^^^^^^^^^^^^^^^^^
        Expected: \`ssh://USER@HOST\`, or a folder of this machine such as \`./target\` or \`/srv/lunsmith\`
        Found: \`root@san1.example.org\`
        Hint: Write \`ssh://root@san1.example.org\`."
    `);
  });
  it('reached by a folder in the URL', () => {
    expect(problemsOf(changed('example.org', 'example.org/srv/x'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:14 No way to a target host.
          connect: ssh://root@san1.example.org/srv/x
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: \`ssh://USER@HOST\`, or a folder of this machine such as \`./target\` or \`/srv/lunsmith\`
        Found: \`ssh://root@san1.example.org/srv/x\`
        Hint: Give the folder on the host as \`root: /srv/x\`."
    `);
  });
  it('reached with an option of ssh', () => {
    expect(
      problemsOf(changed('ssh://root@san1.example.org', 'ssh://-oProxyCommand=x')),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:14 No way to a target host.
          connect: ssh://-oProxyCommand=x
                   ^^^^^^^^^^^^^^^^^^^^^^
        Expected: \`ssh://USER@HOST\`, or a folder of this machine such as \`./target\` or \`/srv/lunsmith\`
        Found: \`ssh://-oProxyCommand=x\`"
    `);
  });
  it('reached at no port', () => {
    expect(problemsOf(changed('example.org', 'example.org:70000'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:14 No way to a target host.
          connect: ssh://root@san1.example.org:70000
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: \`ssh://USER@HOST\`, or a folder of this machine such as \`./target\` or \`/srv/lunsmith\`
        Found: \`ssh://root@san1.example.org:70000\`"
    `);
  });
  it('reached with a password', () => {
    expect(problemsOf(changed('root@', 'root:hunter2@'))).toMatchInlineSnapshot(`
      "lunsmith.yaml:3:14 No way to a target host.
        Expected: \`ssh://USER@HOST\`, or a folder of this machine such as \`./target\` or \`/srv/lunsmith\`
        Found: not shown: it may be a secret
        Hint: Leave the password out: ssh uses your keys and your agent."
    `);
  });
  it('with a relative folder', () => {
    expect(ofHost('root: srv/lunsmith')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:11 No folder for a target host.
          root: srv/lunsmith
                ^^^^^^^^^^^^
        Expected: an absolute path of letters, digits and \`._+@=-\`, such as \`/srv/lunsmith\`
        Found: \`srv/lunsmith\`"
    `);
  });
  it.each(['/srv/my files', '/srv/../etc', '/', '/srv/x/', '/srv/$x'])('with the folder %s', (root) => {
    expect(ofHost(`root: ${root}`)).toBe(
      [
        'lunsmith.yaml:5:11 No folder for a target host.',
        `    root: ${root}`,
        `          ${'^'.repeat(root.length)}`,
        '  Expected: an absolute path of letters, digits and `._+@=-`, such as `/srv/lunsmith`',
        `  Found: \`${root}\``,
      ].join('\n'),
    );
  });
  it('with a folder twice', () => {
    const text = changed('ssh://root@san1.example.org', './target\n    root: /srv/lunsmith');
    expect(problemsOf(text)).toMatchInlineSnapshot(`
      "lunsmith.yaml:4:11 The folder of host \`san1\` is given twice.
          root: /srv/lunsmith
                ^^^^^^^^^^^^^
        Found: \`connect\` is a folder too, at lunsmith.yaml:3:14
        Hint: Keep one of them."
    `);
  });
  it('in the folder of another', () => {
    const text = changed(
      'channels:',
      '  san2: { connect: "ssh://root@san1.example.org", address: 192.0.2.11 }\nchannels:',
    );
    expect(
      problemsOf(
        text
          .replaceAll('    mac', '    host: san1\n    mac')
          .replace('    serial', '    host: san1\n    serial'),
      ),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:6:20 The folder of host \`san2\` is that of host \`san1\`.
        san2: { connect: "ssh://root@san1.example.org", address: 192.0.2.11 }
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        Found: \`root@san1.example.org:/srv/lunsmith\`, also at lunsmith.yaml:3:14
        Hint: Give one of them a \`root\` of its own."
    `);
  });
  it('with an unknown target', () => {
    expect(ofHost('target: { kind: loi }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:21 Unknown value of \`kind\`.
          target: { kind: loi }
                          ^^^
        Expected: one of lio, tgt, iet
        Found: \`loi\`
        Hint: Did you mean \`lio\`?"
    `);
  });
  it('with an unknown clone', () => {
    expect(ofHost('clone: { lvn: vg/pool }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:14 Unknown key \`lvn\`.
          clone: { lvn: vg/pool }
                   ^^^
        Expected: one of lvm, zfs
        Hint: Did you mean \`lvm\`?"
    `);
  });
  it('with a clone of another kind', () => {
    expect(ofHost('clone: copy')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:12 Invalid value of \`clone\`.
          clone: copy
                 ^^^^
        Expected: \`file\`, \`{ lvm: GROUP/POOL }\` or \`{ zfs: DATASET }\`
        Found: \`copy\`"
    `);
  });
  it('with a pool without its group', () => {
    expect(ofHost('clone: { lvm: pool }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:19 Invalid value of \`lvm\`.
          clone: { lvm: pool }
                        ^^^^
        Expected: a volume group and a thin pool, such as \`vg0/lunsmith\`
        Found: \`pool\`"
    `);
  });
  it('with an unknown proof', () => {
    expect(ofHost('gate: [bios-sna]')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:12 Unknown value of \`gate\`.
          gate: [bios-sna]
                 ^^^^^^^^
        Expected: one of bios-san, uefi-san, bios-direct, uefi-direct, bios-san-wrong-secret, bios-direct-wrong-secret
        Found: \`bios-sna\`
        Hint: Did you mean \`bios-san\`?"
    `);
  });
  it('with a command in one piece', () => {
    expect(ofHost('reload: systemctl restart dnsmasq')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:13 Wrong kind of value of \`reload\`.
          reload: systemctl restart dnsmasq
                  ^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: a list
        Found: \`systemctl restart dnsmasq\`"
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

describe('the HTTP server', () => {
  it.each([
    '192.0.2.10',
    'ftp://192.0.2.10',
    'http://192.0.2.10/a b',
    'http://192.0.2.10/$x',
    'http://x:99999',
  ])('%s', (url) => {
    expect(ofHost(`http: { url: '${url}' }`)).toBe(
      [
        'lunsmith.yaml:5:18 Not a URL that clients can use.',
        `    http: { url: '${url}' }`,
        `                 ${'^'.repeat(url.length + 2)}`,
        '  Expected: a URL such as `http://192.0.2.10`, in characters that iPXE takes as they are',
        `  Found: \`${url}\``,
      ].join('\n'),
    );
  });
  it('with an account', () => {
    expect(ofHost('http: { url: "http://me:hunter2@192.0.2.10" }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:18 An account does not belong in this URL: every client reads it.
        Expected: a URL such as \`http://192.0.2.10\`, in characters that iPXE takes as they are
        Found: not shown: it may be a secret
        Hint: Let the server answer by address."
    `);
  });
  it('with a group that is none', () => {
    expect(ofHost('http: { group: "www data" }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:20 Invalid value of \`group\`.
          http: { group: "www data" }
                         ^^^^^^^^^^
        Expected: the name of a group, such as \`www-data\`
        Found: \`www data\`"
    `);
  });
});

describe('DHCP', () => {
  it('of an unknown kind', () => {
    expect(ofDhcp('{ kind: dnsmask }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:19 Unknown value of \`kind\`.
          dhcp: { kind: dnsmask }
                        ^^^^^^^
        Expected: one of dnsmasq-proxy, dnsmasq, isc-dhcpd, none
        Found: \`dnsmask\`
        Hint: Did you mean \`dnsmasq\`?"
    `);
  });
  it('without an interface', () => {
    expect(ofDhcp('{ network: 192.0.2.0/24 }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:5 Missing key \`interface\`.
          dhcp: { network: 192.0.2.0/24 }
          ^^^^
        Expected: \`interface\`: Network interface of the host that the clients are on."
    `);
  });
  it('with a key of another kind', () => {
    expect(ofDhcp('{ interface: eth0, network: 192.0.2.0/24, router: 192.0.2.1 }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:53 Unknown key \`router\`.
          dhcp: { interface: eth0, network: 192.0.2.0/24, router: 192.0.2.1 }
                                                          ^^^^^^
        Expected: one of kind, interface, network"
    `);
  });
  it('with an interface that is none', () => {
    expect(ofDhcp('{ interface: "eth0,eth1", network: 192.0.2.0/24 }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:24 Invalid value of \`interface\`.
          dhcp: { interface: "eth0,eth1", network: 192.0.2.0/24 }
                             ^^^^^^^^^^^
        Expected: the name of a network interface, such as \`eth0\`
        Found: \`eth0,eth1\`"
    `);
  });
  it('with a network without its length', () => {
    expect(ofDhcp('{ interface: eth0, network: 192.0.2.0 }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:39 The network has no prefix length.
          dhcp: { interface: eth0, network: 192.0.2.0 }
                                            ^^^^^^^^^
        Expected: its first address and its prefix length, such as \`192.0.2.0/24\`
        Found: \`192.0.2.0\`
        Hint: Write \`192.0.2.0/24\` for 255.255.255.0."
    `);
  });
  it('with a network that begins elsewhere', () => {
    expect(ofDhcp('{ interface: eth0, network: 192.0.2.10/24 }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:39 The network does not begin at this address.
          dhcp: { interface: eth0, network: 192.0.2.10/24 }
                                            ^^^^^^^^^^^^^
        Expected: its first address and its prefix length, such as \`192.0.2.0/24\`
        Found: \`192.0.2.10/24\`
        Hint: Write \`192.0.2.0/24\`."
    `);
  });
  it('with no network', () => {
    expect(ofDhcp('{ interface: eth0, network: 192.0.2.0/33 }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:39 Not an IPv4 network.
          dhcp: { interface: eth0, network: 192.0.2.0/33 }
                                            ^^^^^^^^^^^^
        Expected: its first address and its prefix length, such as \`192.0.2.0/24\`
        Found: \`192.0.2.0/33\`"
    `);
  });
  it('with a range outside', () => {
    expect(
      ofDhcp(
        '{ kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.3.1, last: 192.0.2.255 }, router: 10.0.0.1 }',
      ),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:69 The address is not in the network.
          dhcp: { kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.3.1, last: 192.0.2.255 }, router: 10.0.0.1 }
                                                                          ^^^^^^^^^
        Expected: an address of 192.0.2.0/24 that a machine can have
        Found: \`192.0.3.1\`

      lunsmith.yaml:5:86 The address is not in the network.
          dhcp: { kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.3.1, last: 192.0.2.255 }, router: 10.0.0.1 }
                                                                                           ^^^^^^^^^^^
        Expected: an address of 192.0.2.0/24 that a machine can have
        Found: \`192.0.2.255\`

      lunsmith.yaml:5:109 The address is not in the network.
          dhcp: { kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.3.1, last: 192.0.2.255 }, router: 10.0.0.1 }
                                                                                                                  ^^^^^^^^
        Expected: an address of 192.0.2.0/24 that a machine can have
        Found: \`10.0.0.1\`"
    `);
  });
  it('with a range upside down', () => {
    expect(
      ofDhcp('{ kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.2.99, last: 192.0.2.50 } }'),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:87 The range ends before it begins.
          dhcp: { kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.2.99, last: 192.0.2.50 } }
                                                                                            ^^^^^^^^^^
        Expected: \`192.0.2.99\` or an address after it
        Found: \`192.0.2.50\`"
    `);
  });
  it('with a range that holds the host', () => {
    expect(
      ofDhcp('{ kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.2.2, last: 192.0.2.50 } }'),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:53 The range holds the address of host \`san1\` itself.
          dhcp: { kind: isc-dhcpd, network: 192.0.2.0/24, range: { first: 192.0.2.2, last: 192.0.2.50 } }
                                                          ^^^^^
        Expected: a range without \`192.0.2.10\`
        Found: \`192.0.2.2\` to \`192.0.2.50\`"
    `);
  });
  it('with a lease of no time', () => {
    expect(
      ofDhcp(
        '{ kind: dnsmasq, interface: a, network: 192.0.2.0/24, range: { first: 192.0.2.99, last: 192.0.2.150 }, lease-seconds: 5 }',
      ),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:129 Invalid value of \`lease-seconds\`.
      …99, last: 192.0.2.150 }, lease-seconds: 5 }
                                               ^
        Expected: at least 120
        Found: the number 5"
    `);
  });
});

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
