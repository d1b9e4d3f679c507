/** What a user reads when DHCP in a site is wrong: the whole text. */
import { describe, expect, it } from 'vitest';
import { ofDhcp } from '../a-site.js';

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
