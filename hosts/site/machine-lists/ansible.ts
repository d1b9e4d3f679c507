/** Machines of an Ansible inventory, as `ansible-inventory --list` prints it: hosts with their variables, from whatever it was written in. */

import { z } from 'zod';
import { Failure } from '../../../base/failure.js';
import { checkRecord } from '../../../base/schema/record.js';
import { MACHINE_KEYS, type Machine } from './machine.js';

const schema = z.object({
  _meta: z.object({ hostvars: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

/** Variables besides those that have a client's own names. */
const MAC_VARIABLES = ['mac', 'mac_address', 'macaddress'];
const PREFIX = 'lunsmith_';

/** @throws Failure of kind `usage` for what is no such inventory */
export function parseAnsible(text: string, file: string): Machine[] {
  const checked = checkRecord(text, schema, file);
  if (!('value' in checked)) {
    throw new Failure('usage', {
      what: `${file} is no inventory of Ansible.`,
      expected: 'what `ansible-inventory --list` prints',
      found: 'another JSON, or none',
      hint: `Make it so: ansible-inventory --inventory INVENTORY --list > ${file}`,
    });
  }
  return Object.entries(checked.value._meta.hostvars).map(([name, variables]) => {
    const of = (key: string) => textOf(variables[`${PREFIX}${key}`]);
    const mac = of('mac') ?? MAC_VARIABLES.flatMap((key) => textOf(variables[key]) ?? [])[0];
    const facts = MACHINE_KEYS.flatMap((key) => {
      const value = key === 'mac' ? mac : of(key);
      return value === undefined ? [] : [[key, value] as const];
    });
    return { name, facts: Object.fromEntries(facts) };
  });
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
