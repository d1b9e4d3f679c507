/** CHAP accounts of clients on their target host, each with the contents of its client's files in a file of its own, which only its owner can read. */
import { z } from 'zod';
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { BootFile, ClientAccount } from '../boot-files/boot-file.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import { HOW_TO_MAKE_A_SECRET } from '../site/chap.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import { ACCOUNT_RULES, accountProblems } from '../target/accounts.js';

const accountSchema = z
  .strictObject({
    user: z.string(),
    secret: z.string(),
    files: z.record(z.string(), z.base64()).optional(),
  })
  // With `exactOptionalPropertyTypes` an absent key is not an undefined one; JSON has no undefined.
  .transform((account) => account as ClientAccount);

/** Between names and contents: no JSON text and no name of a client holds it. */
const SEPARATOR = '\x1e';

/** Of folders, those of a later one in the place of an earlier one's. A folder that we may not look into is not an empty one. */
const READ = `
for folder; do
  [ ! -d "$folder" ] || ls -- "$folder" >/dev/null || exit 1
  for file in "$folder"/*; do
    [ -f "$file" ] || continue
    printf '%s\\036' "\${file##*/}"
    cat -- "$file"
    printf '\\036'
  done
done
`;

/**
 * Accounts by client: those that are kept, and those that the current state has brought and that an interrupted call has not yet
 * put among them.
 */
export async function readAccounts(host: TargetHost, serial: number): Promise<Map<string, ClientAccount>> {
  const { secrets, state } = hostLayout(host.facts);
  const { stdout } = await host.run(['sh', '-c', READ, 'sh', secrets, `${state(serial)}/secrets`], {
    doing: `read the CHAP accounts on ${host.facts.name}`,
    quiet: true,
  });
  const parts = stdout.split(SEPARATOR);
  const accounts = new Map<string, ClientAccount>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const name = parts[index] ?? '';
    // Not the parser's message: it may quote the text.
    const account = accountSchema.safeParse(parsed(parts[index + 1] ?? ''));
    if (!name.endsWith('.partial') && account.success) accounts.set(name, account.data);
  }
  return accounts;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As files of a state's folder: they come with the state, and are not of use before it is current. */
export function accountFiles(accounts: ReadonlyMap<string, ClientAccount>): BootFile[] {
  return [...accounts].map(([client, account]) => ({
    path: `secrets/${client}`,
    content: { text: `${JSON.stringify(account)}\n` },
    secret: true,
  }));
}

/** `$1`: those of the state; `$2`: where they belong; then the clients that there are. */
const BRING = `
set -eu
state=$1
home=$2
shift 2
umask 077
mkdir -p -- "$home"
for file in "$state"/*; do
  [ ! -f "$file" ] || mv -f -- "$file" "$home/"
done
for file in "$home"/*; do
  [ -f "$file" ] || continue
  for client; do [ "$home/$client" != "$file" ] || continue 2; done
  rm -f -- "$file"
done
`;

/** Takes over the accounts that a state has brought, and removes those of clients that it has not. */
export async function bringAccounts(host: TargetHost, { serial, clients }: HostState): Promise<void> {
  const { secrets, state } = hostLayout(host.facts);
  const names = Object.keys(clients);
  await host.run(['sh', '-c', BRING, 'sh', `${state(serial)}/secrets`, secrets, ...names], {
    doing: `keep the CHAP accounts on ${host.facts.name}`,
    quiet: true,
  });
}

/** Whether all is there of which the files of a client are made. */
export function isWhole({ files = [] }: ClientFacts, account: ClientAccount | undefined): boolean {
  return account !== undefined && files.every(({ path }) => account.files?.[path] !== undefined);
}

export function accountOf(accounts: ReadonlyMap<string, ClientAccount>, client: string): ClientAccount {
  const account = accounts.get(client);
  if (account !== undefined) return account;
  throw new Failure('usage', {
    what: `The CHAP account of ${client} is not on its target host.`,
    expected: `its user and secret in the folder secrets/ there`,
    found: 'nothing, or something else',
    hint: `Bring it there again: npx lunsmith client rotate ${client}`,
  });
}

/** @throws Failure of kind `usage` for accounts that the target of the host cannot take; it shows no secret */
export function requireTakeable(
  { name, target }: HostFacts,
  clients: readonly ClientFacts[],
  accounts: ReadonlyMap<string, ClientAccount>,
): void {
  const problems = clients.flatMap((client): Diagnostic[] => {
    const account = accounts.get(client.name);
    if (account === undefined) return [];
    return accountProblems(
      ACCOUNT_RULES[target.kind],
      account,
      `that of ${client.name}, \`${client.secret}\``,
    ).map((problem) => ({ ...problem, hint: `Nothing was changed on ${name}. ${HOW_TO_MAKE_A_SECRET}` }));
  });
  const [first, ...rest] = problems;
  if (first !== undefined) throw new Failure('usage', [first, ...rest]);
}

/** Of a client's account, why the target of the host cannot take it; undefined when it can, or when there is none. */
export function notTakeable(
  { target }: HostFacts,
  accounts: ReadonlyMap<string, ClientAccount>,
  client: string,
): Diagnostic | undefined {
  const account = accounts.get(client);
  if (account === undefined) return undefined;
  return accountProblems(ACCOUNT_RULES[target.kind], account, `that of ${client}`)[0];
}
