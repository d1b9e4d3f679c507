/** What a user reads when a target host in a site is wrong: the whole text. */
import { describe, expect, it } from 'vitest';
import { changed, ofHost, problemsOf } from '../a-site.js';

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
  it('in a folder that is written as on Windows', () => {
    expect(problemsOf(changed('ssh://root@san1.example.org', '.\\lab'))).toContain(
      'Hint: Paths have slashes here: `./lab`.',
    );
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
        Expected: one of lio, tgt, iet, none
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
  it.each(['7', '1w', '-1d', '7 d', '99999d', '1.5d'])('with no time for what was deleted: %s', (time) => {
    expect(ofHost(`retention: ${time}`)).toContain('Not a time for which something is kept.');
    expect(ofHost(`retention: ${time}`)).toContain('days or hours, such as `7d` or `12h`; or `0`');
  });
  it('with an unknown proof', () => {
    expect(ofHost('gate: [bios-sna]')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:12 Unknown value of \`gate\`.
          gate: [bios-sna]
                 ^^^^^^^^
        Expected: one of bios-san, uefi-san, bios-direct, uefi-direct, bios-san-wrong-secret, bios-direct-wrong-secret, pi3-tftp, pi3-tftp-wrong-secret
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

describe('a storage array', () => {
  it('without a portal', () => {
    expect(ofHost('target: { kind: none }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:5 Where clients of host \`san1\` find their LUNs is not said.
          target: { kind: none }
          ^^^^^^
        Expected: \`portal\`: the IPv4 address of the storage array; or \`portals\`, if it has several"
    `);
  });
  it('with a portal of a target that is on the host', () => {
    expect(ofHost('target: { kind: lio, portal: 192.0.2.20 }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:34 \`portal\` is for a storage array; lio is on the host itself.
          target: { kind: lio, portal: 192.0.2.20 }
                                       ^^^^^^^^^^
        Hint: Leave it out, or say \`kind: none\`."
    `);
  });
  it('as it is meant', () => {
    expect(ofHost('target: { kind: none, portal: 192.0.2.20, lun: 2 }')).toBe('');
    expect(ofHost('target: { kind: none, portals: [192.0.2.20, 198.51.100.20] }')).toBe('');
  });
});

describe('several portals', () => {
  it('of a target on the host', () => {
    expect(ofHost('target: { kind: lio, portals: [192.0.2.10, 198.51.100.10] }')).toBe('');
  });
  it('beside a single one', () => {
    expect(
      ofHost('target: { kind: none, portal: 192.0.2.20, portals: [192.0.2.20] }'),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:47 Where the target of host \`san1\` is reached is said twice.
          target: { kind: none, portal: 192.0.2.20, portals: [192.0.2.20] }
                                                    ^^^^^^^
        Found: \`portal\` too, at lunsmith.yaml:5:35
        Hint: Keep \`portals\`, with all addresses."
    `);
  });
  it('of which one is named twice', () => {
    expect(ofHost('target: { portals: [192.0.2.20, 192.0.2.20] }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:37 The portal 192.0.2.20 of host \`san1\` is named twice.
          target: { portals: [192.0.2.20, 192.0.2.20] }
                                          ^^^^^^^^^^
        Hint: Name each address once: two sessions by one way are no help when it is lost."
    `);
  });
  it.each(['[]', '[san1.example.org]', '192.0.2.20'])('written as %s', (portals) => {
    expect(ofHost(`target: { portals: ${portals} }`)).toContain('lunsmith.yaml:5:');
  });
});

describe('sudo', () => {
  it('of this machine', () => {
    expect(
      problemsOf(changed('ssh://root@san1.example.org', './target\n    sudo: true')),
    ).toMatchInlineSnapshot(`
      "lunsmith.yaml:4:11 \`sudo\` is for a host that ssh reaches; \`san1\` is this machine.
          sudo: true
                ^^^^
        Hint: Leave it out, and run lunsmith as the user that shall do it."
    `);
  });
  it('with tgt', () => {
    expect(ofHost('sudo: true\n    target: { kind: tgt }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:11 With the target tgt \`sudo\` does not do: sshd opens tgtd's socket as the user that logs in.
          sudo: true
                ^^^^
        Expected: an account that may use that socket, as root
        Hint: Connect as root: \`connect: ssh://root@…\`, without \`sudo\`."
    `);
  });
  it('as it is meant', () => expect(ofHost('sudo: true')).toBe(''));
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
  it('by a name that the DHCP server leaves its clients unable to look up', () => {
    const full = 'kind: isc-dhcpd, network: 192.0.2.0/24';
    const named = (dhcp: string) =>
      problemsOf(
        changed(
          '    dhcp: { interface: eth0, network: 192.0.2.0/24 }',
          `    http: { url: 'http://san1.example.org' }\n    dhcp: { ${dhcp} }`,
        ),
      );
    expect(named(full)).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:18 Clients cannot find the address of san1.example.org: the DHCP server of host \`san1\` tells them of no DNS server.
          http: { url: 'http://san1.example.org' }
                       ^^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: an address, such as \`http://192.0.2.10\`, or \`dns\` under \`dhcp\`
        Found: \`http://san1.example.org\`"
    `);
    expect(named(`${full}, dns: [192.0.2.2]`)).toBe('');
    // The network's own server tells them.
    expect(named('interface: eth0, network: 192.0.2.0/24')).toBe('');
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

describe('accounts that are answered to own addresses alone', () => {
  it('ask for an address of each client', () => {
    expect(ofHost('http: { accounts: own-address }')).toMatchInlineSnapshot(`
      "lunsmith.yaml:9:3 Host \`san1\` would answer nobody with the account of client \`web1\`.
        web1:
        ^^^^
        Expected: \`address\`: the host answers each account to the address of its client alone (\`http: accounts: own-address\`)
        Hint: Give it an address of its own, or have its secret asked for: \`secret: prompt:…\`.

      lunsmith.yaml:13:3 Host \`san1\` would answer nobody with the account of client \`web2\`.
        web2:
        ^^^^
        Expected: \`address\`: the host answers each account to the address of its client alone (\`http: accounts: own-address\`)
        Hint: Give it an address of its own, or have its secret asked for: \`secret: prompt:…\`."
    `);
  });
  it('are those of a server whose root shows the boot files', () => {
    expect(ofHost("http: { accounts: own-address, url: 'http://192.0.2.10/boot' }")).toMatchInlineSnapshot(`
      "lunsmith.yaml:5:41 Accounts are kept to addresses (\`accounts: own-address\`) where the boot files are the root of a server.
          http: { accounts: own-address, url: 'http://192.0.2.10/boot' }
                                              ^^^^^^^^^^^^^^^^^^^^^^^^
        Expected: a URL without a path
        Found: \`http://192.0.2.10/boot\`
        Hint: Give them a server, or a port, of their own.

      lunsmith.yaml:9:3 Host \`san1\` would answer nobody with the account of client \`web1\`.
        web1:
        ^^^^
        Expected: \`address\`: the host answers each account to the address of its client alone (\`http: accounts: own-address\`)
        Hint: Give it an address of its own, or have its secret asked for: \`secret: prompt:…\`.

      lunsmith.yaml:13:3 Host \`san1\` would answer nobody with the account of client \`web2\`.
        web2:
        ^^^^
        Expected: \`address\`: the host answers each account to the address of its client alone (\`http: accounts: own-address\`)
        Hint: Give it an address of its own, or have its secret asked for: \`secret: prompt:…\`."
    `);
  });
});
