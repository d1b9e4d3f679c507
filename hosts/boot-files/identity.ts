/** The names under which a machine finds its script. */
import { Failure } from '../../base/failure.js';
import type { HostState } from '../host/state.js';
import type { ClientFacts } from '../site/facts.js';
import type { BootFile } from './boot-file.js';

const KINDS = ['mac', 'serial', 'uuid'] as const;
type Kind = (typeof KINDS)[number];

const WORDS: Readonly<Record<Kind, string>> = {
  mac: 'the MAC address',
  serial: 'the serial number',
  uuid: 'the UUID',
};

/** Links from all that identifies a machine to its client's script. */
export function identityFiles({ clients }: HostState): BootFile[] {
  const owners = new Map<string, string>();
  checkAddresses(clients);
  return Object.values(clients).flatMap(({ facts }) => {
    const kinds = KINDS.filter((kind) => facts[kind] !== undefined);
    if (kinds.length === 0) throw nameless(facts);
    return kinds.map((kind) => {
      const id = facts[kind] ?? '';
      const path = `clients/by-${kind}/${fileName(kind, id, facts)}.ipxe`;
      const owner = owners.get(path);
      if (owner !== undefined) throw twice(WORDS[kind], id, [owner, facts.name]);
      owners.set(path, facts.name);
      return { path, content: { link: `../${facts.name}/boot.ipxe` }, secret: false };
    });
  });
}

/** The files for DHCP and PXELINUX, which have them too, are written when clients see the change already. */
function checkAddresses(clients: HostState['clients']): void {
  const owners = new Map<string, string>();
  for (const { facts } of Object.values(clients)) {
    const address = facts.address?.address;
    if (address === undefined) continue;
    const owner = owners.get(address);
    if (owner !== undefined) throw twice('the address', address, [owner, facts.name]);
    owners.set(address, facts.name);
  }
}

/** As iPXE spells it: `${mac:hexhyp}`, `${serial}`, `${uuid}`. */
function fileName(kind: Kind, id: string, { name }: ClientFacts): string {
  if (kind === 'mac') return id.toLowerCase().replaceAll(':', '-');
  if (kind === 'uuid') return id.toLowerCase();
  // 255 bytes are the most that a file name can have.
  if (/^[\x20-\x7e]{1,200}$/.test(id) && !id.includes('/')) return id;
  throw new Failure('usage', {
    what: `The client ${name} cannot be found by its serial number.`,
    expected: '1 to 200 ASCII characters without a slash',
    found: JSON.stringify(id),
    hint: 'Name it by its MAC address or its UUID.',
  });
}

function nameless({ name }: ClientFacts): Failure {
  return new Failure('usage', {
    what: `No machine can be told to be the client ${name}.`,
    expected: 'a MAC address, a serial number or a UUID',
    found: 'none of them',
  });
}

function twice(what: string, id: string, names: readonly string[]): Failure {
  return new Failure('usage', {
    what: `Two clients have ${what} ${id}.`,
    expected: 'one client for each machine',
    found: names.join(' and '),
  });
}
