/** LIO, the target of the Linux kernel: changed live through rtslib, and started from its own saveconfig.json. */
import { z } from 'zod';
import { Failure } from '../../../base/failure.js';
import { parseRecord } from '../../../base/schema/record.js';
import type { TargetHost } from '../../host/host.js';
import type { Portals } from '../../site/portal.js';
import type { OfferedLun, TargetAdapter } from '../adapter.js';
import { refuseBusy, refuseStrange } from '../refusals.js';
import { checkLio, lioConfig, storeNames, storesOf } from './saveconfig.js';
import { LIO_SCRIPT } from './script.js';

/** The Python that the distribution's rtslib is for, and targetcli's first line names; a PATH may have another first. */
const PYTHON = '/usr/bin/python3';
const CONF = 'lio.json';

export const lioAdapter: TargetAdapter = {
  lun: 0,
  tools: [PYTHON, 'targetcli'],
  files: [CONF],
  look: (target) => [
    `targetcli ls /iscsi/${target}`,
    'journalctl -kf    # iSCSI Initiator Node: … is not authorized, or CHAP',
  ],
  render: (offered, portals) => [{ name: CONF, text: lioConfig(offered, portals) }],
  check: async (host, offered) => {
    checkLio(offered);
    await order(host, { verb: 'check', luns: offered.map(wanted) }, 'look at the targets of LIO');
  },
  apply: async (host, offered, portals, _ports, { onlyPortals = false } = {}) => {
    checkLio(offered);
    await order(host, { verb: 'apply', portals, onlyPortals, luns: offered.map(wanted) }, 'offer the LUNs');
  },
  show: async (host) => (await order(host, { verb: 'show' }, 'ask LIO for its targets')).targets ?? [],
  sessions: async (host) =>
    (await order(host, { verb: 'sessions' }, 'ask LIO for its sessions')).sessions ?? [],
  remove: async (host, targets) => {
    const stores = targets.flatMap(storeNames);
    await order(host, { verb: 'remove', targets, stores }, 'take the targets away');
  },
};

type Order =
  | {
      readonly verb: 'apply';
      readonly portals: Portals;
      readonly onlyPortals: boolean;
      readonly luns: readonly object[];
    }
  | { readonly verb: 'check'; readonly luns: readonly object[] }
  | { readonly verb: 'show' | 'sessions' }
  | { readonly verb: 'remove'; readonly targets: readonly string[]; readonly stores: readonly string[] };

const sessions = z.array(z.strictObject({ target: z.string(), initiator: z.string() }));
const answerSchema = z.strictObject({
  /** What the host lacks. */
  missing: z.string().optional(),
  strange: z.array(z.strictObject({ target: z.string(), found: z.string() })).optional(),
  busy: sessions.optional(),
  sessions: sessions.optional(),
  targets: z
    .array(
      z.strictObject({
        target: z.string(),
        luns: z.array(z.strictObject({ number: z.number().int(), disk: z.string() })),
        initiators: z.array(z.string()),
        accounts: z.array(z.string()),
      }),
    )
    .optional(),
});

function wanted(lun: OfferedLun): object {
  const { target, initiator, chap } = lun;
  return { target, initiator, ...chap, stores: storesOf(lun) };
}

/** The order goes to the script's input: it holds secrets. */
async function order(host: TargetHost, input: Order, doing: string): Promise<z.output<typeof answerSchema>> {
  const { stdout } = await host.run([PYTHON, '-c', LIO_SCRIPT], {
    doing,
    input: JSON.stringify(input),
    quiet: true,
  });
  const said = {
    file: `rtslib on ${host.facts.name}`,
    kind: 'tool',
    what: 'What rtslib says of LIO',
    secret: true,
  } as const;
  const answer = parseRecord(stdout, answerSchema, said);
  if (answer.missing !== undefined) throw withoutLio(host, answer.missing);
  refuseStrange(answer.strange ?? []);
  refuseBusy(answer.busy ?? []);
  return answer;
}

function withoutLio({ facts }: TargetHost, found: string): Failure {
  return new Failure('host', {
    what: `The target host ${facts.name} has no LIO.`,
    expected: 'rtslib for Python, and a kernel with target_core_mod and iscsi_target_mod',
    found,
    hint: 'Install Debian’s package targetcli-fb there, and be root there.',
  });
}
