import { describe, expect, it } from 'vitest';
import { httpFiles } from '../../../hosts/boot-files.js';
import type { ClientFacts } from '../../../hosts/site/facts.js';
import { failureOf } from '../../artifacts/formats/tools.js';
import { bootInput, clientState, DB1, HOST, WEB1 } from '../boot-host.js';

describe('what boot files cannot hold', () => {
  const NAMES = 'at most 63 letters, digits, dots, dashes and underscores, the first a letter or a digit';
  const { mac: _mac, ...NAMELESS } = WEB1;
  it.each<[string, ClientFacts, object]>([
    [
      'a client by no name',
      NAMELESS,
      {
        what: 'No machine can be told to be the client web1.',
        expected: 'a MAC address, a serial number or a UUID',
        found: 'none of them',
      },
    ],
    [
      'a serial number with a slash',
      { ...WEB1, serial: '../db1/boot' },
      {
        what: 'The client web1 cannot be found by its serial number.',
        expected: '1 to 200 ASCII characters without a slash',
        found: '"../db1/boot"',
        hint: 'Name it by its MAC address or its UUID.',
      },
    ],
    [
      'a name of two words',
      { ...WEB1, name: 'web 1' },
      { what: '"web 1" cannot be the name of a client in boot files.', expected: NAMES, found: '"web 1"' },
    ],
    [
      'the name of a folder',
      { ...WEB1, name: 'by-mac' },
      {
        what: '"by-mac" cannot be the name of a client in boot files.',
        expected: 'another name than by-mac, by-serial, by-uuid',
        found: '"by-mac"',
      },
    ],
    [
      'an image with a dollar',
      { ...WEB1, images: [{ name: '${x}', channel: 'stable', boot: 'san' }] },
      { what: '"${x}" cannot be the name of an image in boot files.', expected: NAMES, found: '"${x}"' },
    ],
    [
      'half a second',
      { ...WEB1, menuSeconds: 0.5 },
      {
        what: 'The menu of the client web1 cannot wait that long.',
        expected: 'a whole number of seconds from 0, which is no menu, to 3600',
        found: '0.5',
      },
    ],
    [
      'an address of IPv6',
      { ...WEB1, address: { address: 'fd00::1', netmask: '255.255.255.0' } },
      {
        what: 'This is no address that boot files can hold.',
        expected: 'an IPv4 address, e.g. 192.0.2.1',
        found: '"fd00::1"',
      },
    ],
  ])('%s', (_, facts, diagnostic) => {
    const failure = failureOf(() => httpFiles(bootInput([clientState(facts)])));
    expect(failure.kind).toBe('usage');
    expect(failure.diagnostics).toEqual([diagnostic]);
  });

  it('a machine that is two clients', () => {
    const twin = clientState({ ...WEB1, name: 'web2' });
    expect(failureOf(() => httpFiles(bootInput([clientState(WEB1), twin]))).diagnostics).toEqual([
      {
        what: 'Two clients have the MAC address 52:54:00:00:00:01.',
        expected: 'one client for each machine',
        found: 'web1 and web2',
      },
    ]);
  });

  it('two machines with one address', () => {
    const { serial: _serial, uuid: _uuid, ...facts } = DB1;
    const twin = clientState({ ...facts, name: 'db2', mac: '52:54:00:00:00:03' });
    expect(failureOf(() => httpFiles(bootInput([clientState(DB1), twin]))).diagnostics).toEqual([
      {
        what: 'Two clients have the address 10.77.0.99.',
        expected: 'one client for each machine',
        found: 'db1 and db2',
      },
    ]);
  });

  it('a client without an account', () => {
    const input = bootInput([clientState(WEB1)], { secrets: new Map() });
    expect(failureOf(() => httpFiles(input)).diagnostics).toEqual([
      {
        what: 'The client web1 has no CHAP account on its target host.',
        hint: 'Run: lunsmith client rotate web1',
      },
    ]);
  });

  it('a generation that is not there', () => {
    const images = { debian: { current: 'x-2', generations: [] } };
    expect(failureOf(() => httpFiles(bootInput([clientState(WEB1, { images })]))).diagnostics).toEqual([
      {
        what: 'The state of the client web1 is not whole.',
        expected: 'the current generation of its image debian among those that it has',
        found: 'x-2',
      },
    ]);
  });

  it('a base URL of two words', () => {
    const input = bootInput([], { host: { ...HOST, http: { url: 'http://a || shell' } } });
    expect(failureOf(() => httpFiles(input)).diagnostics[0].what).toBe(
      'The URI "http://a || shell/clients/by-mac/" cannot stand in an iPXE script.',
    );
  });
});
