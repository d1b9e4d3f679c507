/** Machines that no site names: each that asks for its script becomes a client. */
import { Failure } from '../../base/failure.js';
import type { Intent } from '../change/intent.js';
import type { ClientFacts } from '../site/facts.js';

export const HOST = 'this machine';
export const CHANNEL = 'trial';
export const PREFIX = 'iqn.2026-01.net.lunsmith:serve';
/** A reference to a secret that is generated when it is read: no other process has to know it. */
const MADE = 'made:random';

export interface Machines extends AsyncDisposable {
  /** Makes a machine that asks for its script, and has none, a client. */
  readonly add: (path: string) => Promise<void>;
}

export function addingMachines(
  wish: (intent: Intent) => Promise<{ readonly lines: readonly string[] }>,
  tell: (line: string) => void,
): Machines {
  /** By name; in the making or made. */
  const known = new Map<string, Promise<void>>();
  const adding = async (client: ClientFacts) => {
    try {
      const { lines } = await wish({ kind: 'add', client });
      for (const line of lines) tell(line);
    } catch (error) {
      // The machine asks again.
      known.delete(client.name);
      tell(Failure.from(error).message);
    }
  };
  return {
    add: async (path) => {
      const client = machineOf(path);
      if (client === undefined) return;
      const added = known.get(client.name) ?? adding(client);
      known.set(client.name, added);
      await added;
    },
    // A clone must not be removed while it is being made.
    [Symbol.asyncDispose]: async () => {
      await Promise.all(known.values());
    },
  };
}

/** The client that a request for the script of a machine comes from, by its MAC address. */
export function machineOf(path: string): ClientFacts | undefined {
  const [, dashed] = /^\/clients\/by-mac\/((?:[0-9a-f]{2}-){5}[0-9a-f]{2})\.ipxe$/.exec(path) ?? [];
  if (dashed === undefined) return undefined;
  const name = `machine-${dashed.replaceAll('-', '')}`;
  return {
    name,
    host: HOST,
    mac: dashed.replaceAll('-', ':'),
    initiator: `${PREFIX}:client.${name}`,
    account: name,
    secret: MADE,
    images: [{ name: 'main', channel: CHANNEL, boot: 'san' }],
    menuSeconds: 0,
    follows: 'promote',
  };
}
