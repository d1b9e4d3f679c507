/** `lunsmith client power`: wakes machines, or switches their power, by commands that the site names. */
import PQueue from 'p-queue';
import { createPorts } from '../../base/command.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { Argv } from '../../base/ports.js';
import { resolveSecret } from '../../base/secret.js';
import { didYouMean } from '../../base/suggest.js';
import { runTask } from '../../base/task.js';
import type { ClientFacts, Site } from '../../hosts/site/facts.js';
import { powerCommand } from '../../hosts/site/power.js';
import type { Caller } from '../caller.js';
import { type Selection, selectClients } from './client-names.js';
import { openSite, type SiteOptions } from './open.js';

/** Thirty machines that start at once ask for more current than a room may have: they begin a few at a time. */
const AT_ONCE = 4;
/** Seconds. A controller that does not answer is not waited for longer. */
const PATIENCE = 60;

/**
 * Nothing is run before all of it could be; then each machine is tried, whatever becomes of the others.
 * @throws Failure of kind `usage` before anything was run, `host` for a program that is missing here, `tool` with a diagnostic for each
 *   machine whose command failed
 */
export async function powerClients(
  caller: Caller,
  action: string,
  selection: Selection,
  options: SiteOptions,
): Promise<void> {
  const { emit, signal } = caller;
  const site = await openSite(caller, options);
  const calls = commandsOf(site, action, selectClients(site, selection));
  const env = await environmentOf(site);
  const tasks = calls.map(({ client: { name }, argv }) => ({
    id: name,
    title: `${name}  ${argv.join(' ')}`,
  }));
  emit({ type: 'started', work: 'power', subject: action, tasks });
  const queue = new PQueue({ concurrency: AT_ONCE });
  const failed: (readonly [name: string, failure: Failure])[] = [];
  await queue.addAll(
    calls.map(
      ({ client: { name }, argv }) =>
        () =>
          runTask(emit, name, async () => {
            const ports = createPorts({
              emit: (event) => emit({ ...event, ...(event.type === 'output' ? { task: name } : {}) }),
              signal,
            });
            await ports.run(argv, { doing: `${action} ${name}`, env, timeout: PATIENCE });
          }).catch((error: unknown) => {
            failed.push([name, Failure.from(error)]);
          }),
    ),
  );
  // What is wrong here, and with no machine: a program that is missing, a command that was stopped.
  const own = failed.find(([, { kind }]) => kind !== 'tool');
  if (own !== undefined) throw own[1];
  const [first, ...others] = failed.flatMap(([name, { diagnostics }]) =>
    diagnostics.map((each) => ({ ...each, what: `${name}: ${each.what}` })),
  );
  if (first !== undefined) throw new Failure('tool', [first, ...others]);
}

interface Call {
  readonly client: ClientFacts;
  readonly argv: Argv;
}

function commandsOf({ power }: Site, action: string, clients: readonly ClientFacts[]): Call[] {
  const actions = power?.actions ?? {};
  const words = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (words === undefined) throw unknownAction(action, Object.keys(actions));
  const calls: Call[] = [];
  const lacking: Diagnostic[] = [];
  for (const client of clients) {
    const argv = powerCommand(words, client);
    if (!('missing' in argv)) calls.push({ client, argv });
    else {
      lacking.push({
        what: `The command of \`${action}\` has \`{${argv.missing}}\`, and the client \`${client.name}\` has none.`,
        hint: `Give it its \`${argv.missing}\` in lunsmith.yaml. Nothing was run.`,
      });
    }
  }
  const [first, ...others] = lacking;
  if (first !== undefined) throw new Failure('usage', [first, ...others]);
  return calls;
}

function unknownAction(action: string, known: readonly string[]): Failure {
  return new Failure('usage', {
    what: `The site has no command for \`${action}\`.`,
    ...(known.length > 0
      ? didYouMean(action, known)
      : { hint: 'Name it in lunsmith.yaml: `power: { actions: { wake: [wakeonlan, "{mac}"] } }`.' }),
  });
}

async function environmentOf({ power, folder }: Site): Promise<Record<string, string>> {
  const entries = Object.entries(power?.environment ?? {}).map(
    async ([name, reference]) => [name, await resolveSecret(reference, folder)] as const,
  );
  return Object.fromEntries(
    await Promise.all(entries).catch((error: unknown) => {
      throw error instanceof Failure ? new Failure('usage', error.diagnostics, { cause: error }) : error;
    }),
  );
}
