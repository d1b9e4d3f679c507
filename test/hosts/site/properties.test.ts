/** Any site that is written loads to what was meant; whatever else is written ends with a located Failure. */
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderDiagnostics } from '../../../base/diagnostic.js';
import { Failure } from '../../../base/failure.js';
import { confFiles, httpFiles, tftpFiles } from '../../../hosts/boot-files.js';
import { siteJsonSchema } from '../../../hosts/site/site-json-schema.js';
import { bootInput, clientState } from '../boot-host.js';
import { changed, problemsOf, RIGHT, siteOf } from './a-site.js';
import { anySite, writtenSite } from './any-site.js';

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
const accepts = ajv.compile(siteJsonSchema());

it('a written site loads to what was meant, and the JSON Schema accepts it', () => {
  fc.assert(
    fc.property(anySite, (site) => {
      const text = writtenSite(site);
      expect(siteOf(text)).toEqual(site);
      accepts(parse(text));
      expect(accepts.errors).toBeNull();
    }),
    { seed: 1, numRuns: 30 },
  );
});

it('boot files can hold whatever a site says', () => {
  fc.assert(
    fc.property(anySite, ({ hosts, clients }) => {
      for (const host of hosts) {
        const own = clients.filter((client) => client.host === host.name);
        const input = bootInput(
          own.map((facts) => clientState(facts)),
          { host },
        );
        expect([httpFiles, tftpFiles, confFiles].flatMap((render) => render(input)).length).toBeGreaterThan(
          2,
        );
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

describe('the JSON Schema', () => {
  it('accepts the examples of the page', async () => {
    const page = await readFile('docs/site.md', 'utf8');
    for (const [, yaml = ''] of page.matchAll(/```yaml\n([^]*?)```/g))
      expect(accepts(parse(yaml))).toBe(true);
  });

  it.each([
    ['clients that are commented out', 'hosts: { a: { address: 192.0.2.1 } }\nclients:\n'],
    ['a size in bytes', changed('channel: edge', 'channel: edge\n    size: 1048576')],
  ])('accepts %s', (_, text) => {
    expect(problemsOf(text)).toBe('');
    expect(accepts(parse(text))).toBe(true);
  });

  it.each([
    ['an unknown key', changed('channels:', 'chanels:'), ''],
    ['no hosts', 'channels: [a]\n', ''],
    ['a name that is none', changed('web1:', 'Web1:'), '/clients'],
    ['a broken MAC address', changed('52:54:00:12:34:56', '52:54:00:12:34:5x'), '/clients/web1/mac'],
    ['a broken address', changed('192.0.2.10', '192.0.2.256'), '/hosts/san1/address'],
    ['a plain secret', changed('env:WEB1_CHAP', 'hunter2'), '/clients/web1/secret'],
    ['a broken iSCSI name', changed('    mac:', '    initiator: web1\n    mac:'), '/clients/web1/initiator'],
    [
      'an unknown kind of DHCP',
      changed('{ interface: eth0, network: 192.0.2.0/24 }', '{ kind: x }'),
      '/hosts/san1/dhcp/kind',
    ],
    ['a network without its length', changed('192.0.2.0/24', '192.0.2.0'), '/hosts/san1/dhcp/network'],
    ['an unknown clone', changed('    dhcp:', '    clone: { lvn: a/b }\n    dhcp:'), '/hosts/san1/clone'],
    ['an unknown proof', changed('    dhcp:', '    gate: [x]\n    dhcp:'), '/hosts/san1/gate/0'],
  ])('refuses %s, as loading does', (_, text, path) => {
    expect(problemsOf(text)).not.toBe('');
    accepts(parse(text));
    expect(accepts.errors?.map(({ instancePath }) => instancePath)).toContain(path);
  });
});

function outcome(text: string): void {
  try {
    siteOf(text);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'usage') throw error;
    for (const { place } of error.diagnostics) {
      expect(place?.line ?? 0).toBeGreaterThan(0);
      expect(place?.column ?? 0).toBeGreaterThan(0);
    }
    expect(renderDiagnostics(error.diagnostics)).not.toBe('');
  }
}

describe('loading', () => {
  it('survives any text in the middle of a right site', () => {
    const signs = fc.constantFrom(
      'null',
      '{',
      '[',
      ']',
      '"',
      '|',
      '#',
      ':',
      '\n',
      '\t',
      '&a',
      '*a',
      '~',
      '-',
      '10',
      ' {}',
      '<<',
    );
    const damage = fc.tuple(fc.nat(RIGHT.length), fc.nat(12), fc.oneof(signs, fc.string({ maxLength: 6 })));
    fc.assert(
      fc.property(damage, ([at, length, text]) => {
        outcome(RIGHT.slice(0, at) + text + RIGHT.slice(at + length));
      }),
      { seed: 1, numRuns: 80 },
    );
  });

  it('survives any value anywhere', () => {
    const value = fc.oneof(
      fc.constantFrom(null, true, 0, -1, 1.5, '', [], {}, [null], 'a'),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const keys = [
      'connect',
      'root',
      'address',
      'target',
      'clone',
      'retention',
      'http',
      'dhcp',
      'reload',
      'gate',
      'kind',
      'network',
      'interface',
      'range',
    ];
    const own = [
      'host',
      'mac',
      'serial',
      'uuid',
      'secret',
      'channel',
      'images',
      'size',
      'address',
      'netmask',
      'initiator',
      'name',
    ];
    const host = fc.dictionary(
      fc.constantFrom(...keys),
      fc.oneof(value, fc.dictionary(fc.constantFrom(...keys), value)),
    );
    const client = fc.dictionary(
      fc.constantFrom(...own),
      fc.oneof(value, fc.array(fc.dictionary(fc.constantFrom(...own), value))),
    );
    const site = fc.record({
      hosts: fc.oneof(
        value,
        fc.record({
          a: fc.oneof(
            value,
            host.map((more) => ({ address: '192.0.2.1', ...more })),
          ),
        }),
      ),
      channels: fc.oneof(value, fc.constant(['stable'])),
      clients: fc.oneof(value, fc.record({ b: client })),
    });
    fc.assert(
      fc.property(site, (one) => {
        outcome(JSON.stringify(one));
      }),
      { seed: 1, numRuns: 80 },
    );
  });
});
