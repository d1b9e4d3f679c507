/** What no two clients may share, because a server tells clients apart by it. */
import { serialPrefix } from '../../artifacts/platform/raspberry-pi/models.js';
import { type ClientFacts, isRaspberryPi } from './facts.js';
import { checkUnique, type Findings } from './findings.js';

const OWN = 'Each machine has one of its own: correct one of them.';

interface Owned {
  /** With its article, as a sentence begins. */
  readonly what: string;
  readonly key: string;
  readonly hint: string;
  readonly value: (client: ClientFacts) => string | undefined;
}

const IN_SITE: readonly Owned[] = [
  { what: 'The MAC address', key: 'mac', hint: OWN, value: ({ mac }) => mac },
  {
    what: 'The serial number',
    key: 'serial',
    hint: OWN,
    value: (client) => (isRaspberryPi(client) ? undefined : client.serial),
  },
  {
    what: 'The folder for TFTP',
    key: 'serial',
    hint: 'A Raspberry Pi looks in a folder named by the last 8 digits of its serial number: correct one of them.',
    value: (client) =>
      isRaspberryPi(client) && client.serial !== undefined ? serialPrefix(client.serial) : undefined,
  },
  { what: 'The UUID', key: 'uuid', hint: OWN, value: ({ uuid }) => uuid },
  {
    what: 'The iSCSI name',
    key: 'initiator',
    hint: 'Targets know a client by it: change one of them.',
    value: ({ initiator }) => initiator,
  },
  {
    what: 'The account',
    key: 'account',
    hint: 'An iSCSI target may know accounts for all its targets together: change one of them.',
    value: ({ account }) => account,
  },
];

/** The networks of two hosts need not know of each other. */
const ON_HOST: Owned = {
  what: 'The address',
  key: 'address',
  hint: OWN,
  value: ({ address }) => address?.address,
};

export function checkShared(clients: readonly ClientFacts[], findings: Findings): void {
  const check = ({ what, key, hint, value }: Owned, among: readonly ClientFacts[]) => {
    const owned = among.flatMap((client) => {
      const text = value(client);
      const owner = `client \`${client.name}\``;
      return text === undefined ? [] : [{ value: text, path: ['clients', client.name, key], owner }];
    });
    checkUnique(what, owned, hint, findings);
  };
  for (const owned of IN_SITE) check(owned, clients);
  for (const host of new Set(clients.map((client) => client.host))) {
    check(
      ON_HOST,
      clients.filter((client) => client.host === host),
    );
  }
}
