/** CHAP accounts of clients on their target host: each in a file of its own, which only its owner can read. */
import { z } from 'zod';
import { Failure } from '../../base/failure.js';
import type { BootFile, ClientAccount } from '../boot-files/boot-file.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';

const accountSchema = z.strictObject({ user: z.string(), secret: z.string() });

/** Between names and contents: no JSON text and no name of a client holds it. */
const SEPARATOR = '\x1e';

/** A folder that we may not look into is not an empty one. */
const READ = `
[ ! -d "$1" ] || ls -- "$1" >/dev/null || exit 1
for file in "$1"/*; do
  [ -f "$file" ] || continue
  printf '%s\\036' "\${file##*/}"
  cat -- "$file"
  printf '\\036'
done
`;

/** By client. @param folder absolute path on the host */
async function readFolder(host: TargetHost, folder: string): Promise<Map<string, ClientAccount>> {
  const { stdout } = await host.run(['sh', '-c', READ, 'sh', folder], {
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

export function readAccounts(host: TargetHost): Promise<Map<string, ClientAccount>> {
  return readFolder(host, hostLayout(host.facts).secrets);
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
export async function bringAccounts(
  host: TargetHost,
  serial: number,
  clients: readonly string[],
): Promise<void> {
  const { secrets, state } = hostLayout(host.facts);
  await host.run(['sh', '-c', BRING, 'sh', `${state(serial)}/secrets`, secrets, ...clients], {
    doing: `keep the CHAP accounts on ${host.facts.name}`,
  });
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
