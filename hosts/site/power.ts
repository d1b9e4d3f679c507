/** The commands of a site that wake machines and switch their power: ours to call, the site's to choose. */
import { z } from 'zod';
import type { Argv } from '../../base/ports.js';
import { secretReference } from '../../base/schema/secret-reference.js';
import type { ClientFacts, PowerFacts } from './facts.js';
import type { Findings } from './findings.js';
import { nameSchema } from './values.js';

/** What stands for something of the machine in the words of a command. */
const PLACES = ['name', 'mac', 'address', 'serial', 'uuid'] as const;
const PLACE = /\{([^{}]*)\}/g;

export const powerSchema = z.strictObject({
  actions: z
    .record(nameSchema(63), z.array(z.string().min(1)).min(1))
    .refine((actions) => Object.keys(actions).length > 0, 'at least one action')
    .describe(
      'What `client power ACTION` runs on this machine for each client, a word an item: `wake: [wakeonlan, "{mac}"]`. ' +
        `Of the client stand ${PLACES.map((place) => `\`{${place}}\``).join(', ')} in the words. No shell reads them.`,
    ),
  environment: z
    .record(
      z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable, such as IPMI_PASSWORD'),
      secretReference(),
    )
    .default({})
    .describe(
      'Variables that the commands find in their environment, which has nothing else of the caller’s but `PATH` and `HOME`: ' +
        'references, as `IPMI_PASSWORD: file:secrets/ipmi`, which are read when an action is called.',
    ),
});

export function powerOf(written: z.output<typeof powerSchema>, findings: Findings): PowerFacts {
  for (const [action, words] of Object.entries(written.actions)) {
    words.forEach((word, index) => {
      for (const [whole, place = ''] of word.matchAll(PLACE)) {
        if ((PLACES as readonly string[]).includes(place)) continue;
        findings.add(['power', 'actions', action, index], {
          what: `\`${whole}\` stands for nothing of a client.`,
          expected: PLACES.map((each) => `\`{${each}}\``).join(', '),
        });
      }
    });
  }
  const actions = Object.entries(written.actions).map(
    ([action, [tool = '', ...args]]) => [action, [tool, ...args]] as const,
  );
  return { actions: Object.fromEntries(actions), environment: written.environment };
}

/** The command for a client, or what the client has not that stands in it. */
export function powerCommand(words: Argv, client: ClientFacts): Argv | { readonly missing: string } {
  const values = { ...client, address: client.address?.address };
  const missing = words
    .flatMap((word) => [...word.matchAll(PLACE)])
    .map(([, place]) => place as (typeof PLACES)[number])
    .find((place) => values[place] === undefined);
  if (missing !== undefined) return { missing };
  const [tool, ...args] = words.map((word) =>
    word.replaceAll(PLACE, (_, place: (typeof PLACES)[number]) => values[place] ?? ''),
  );
  return [tool ?? '', ...args];
}
