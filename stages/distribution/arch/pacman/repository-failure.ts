/** What a failed pacman meant, sorted into signature, network and what the mirror holds: what to do instead of its log. */
import { type Diagnostic, Failure } from '../../../../base/failure.js';

export interface RepositoryUse {
  /** What was being done, as a verb phrase. */
  readonly doing: string;
  readonly repositories: readonly { readonly name: string; readonly servers: readonly string[] }[];
  /** Path of the keyring, if it is known. */
  readonly keyring?: string;
}

interface Trouble {
  readonly kind: 'signature' | 'network' | 'integrity';
  readonly diagnostic: Diagnostic;
}

const UNKNOWN_KEY =
  /key ".*" is unknown|key ".*" could not be (?:imported|looked up)|required key missing from keyring/;
const EXPIRED = /key ".*" is expired|signature from ".*" is expired/;
const UNTRUSTED =
  /signature from ".*" is (?:unknown trust|marginal trust|never trust|invalid)|key ".*" is disabled|invalid or corrupted (?:database|package) \(PGP signature\)/;
const UNSIGNED = /missing required signature|failed retrieving file '[^']+\.sig'/;
const CORRUPT = /invalid or corrupted package(?: \(checksum\))?|invalid or corrupted database/;
const GONE = 'The requested URL returned error: 404';
const UNREACHABLE = /failed retrieving file|failed to synchronize|Could not resolve host|Connection refused/;

/** The failure in the user's terms, as far as it is one of these. */
export function repositoryFailure(cause: unknown, use: RepositoryUse): Failure {
  const error = Failure.from(cause);
  if (error.kind !== 'tool') return error;
  const lines = (error.command?.lastLines ?? []).map((line) => line.trim().replace(/^error: /, ''));
  const trouble = signatureTrouble(lines, use) ?? networkTrouble(lines, use);
  if (trouble === undefined) return error;
  const command = error.command === undefined ? {} : { command: error.command };
  return new Failure(trouble.kind, trouble.diagnostic, { ...command, cause: error });
}

function signatureTrouble(lines: readonly string[], use: RepositoryUse): Trouble | undefined {
  const expected = `a signature by a key of ${use.keyring ?? 'the keyring of the first step'}`;
  const signature = (pattern: RegExp, what: string, hint: string): Trouble | undefined => {
    const found = lines.find((line) => pattern.test(line));
    if (found === undefined) return undefined;
    return {
      kind: 'signature',
      diagnostic: { what: `Could not ${use.doing}: ${what}`, expected, found, hint },
    };
  };
  return (
    signature(
      EXPIRED,
      'the key of a signature has expired.',
      'A newer keyring may have prolonged it: update `archlinux-keyring`, or name a newer file in `keyring`.',
    ) ??
    signature(
      UNKNOWN_KEY,
      'a signature is by a key that is not in the keyring.',
      'The keyring may be older than the package: update `archlinux-keyring`, or name a newer file in `keyring`.',
    ) ??
    signature(
      UNSIGNED_DATABASE,
      'the database has no signature.',
      'Arch Linux itself signs its packages and not its databases: for its mirrors say `database-signature: optional`. Each package is checked in any case.',
    ) ??
    signature(
      UNSIGNED,
      'a package has no signature.',
      'Use a mirror that has it, with `--mirror URL`, or run `npx lunsmith lock RECIPE --update`.',
    ) ??
    signature(
      UNTRUSTED,
      'a signature cannot be trusted.',
      'Check that the mirror holds Arch Linux, and that `keyring` has its keys and none of them has expired. A proxy that answers in the place of the mirror looks the same.',
    )
  );
}

const UNSIGNED_DATABASE =
  /\.db: missing required signature|failed retrieving file '[^']+\.db\.sig'|database '[^']+' is not valid \(.*(?:PGP signature)/;

function networkTrouble(lines: readonly string[], use: RepositoryUse): Trouble | undefined {
  const named = use.repositories.flatMap(({ servers }) => servers);
  const where = [...new Set(named)].join(', ') || 'the mirror';
  const other = 'or choose another mirror with `--mirror URL`.';
  const corrupt = lines.find((line) => CORRUPT.test(line));
  if (corrupt !== undefined) {
    const what = `Could not ${use.doing}: what came is damaged, or is not what the database says.`;
    return { kind: 'integrity', diagnostic: { what, found: corrupt, hint: `Try again, ${other}` } };
  }
  const gone = lines.find((line) => line.includes(GONE));
  if (gone !== undefined) {
    const what = `Could not ${use.doing}: ${where} does not have it.`;
    const hint = `Check \`repositories\` and \`mirrors\`, ${other}`;
    return { kind: 'network', diagnostic: { what, found: gone, hint } };
  }
  const line = lines.find((each) => UNREACHABLE.test(each));
  if (line === undefined) return undefined;
  const what = `Could not ${use.doing}: ${where} cannot be reached.`;
  const hint = `See whether this machine reaches it (\`curl -I URL\`), ${other}`;
  return { kind: 'network', diagnostic: { what, found: line, hint } };
}
