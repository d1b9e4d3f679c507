/**
 * What a failed apt, mmdebstrap or debootstrap meant: their words sorted into signature and network, so that the user
 * reads what to do instead of forty lines of log.
 */
import { type Diagnostic, Failure } from '../../../../base/failure.js';

/** Only a signature can be the reason of these. */
const UNTRUSTED = [
  /couldn't be verified because the public key is not available/,
  /signatures? (?:were|was) invalid|BADSIG|EXPKEYSIG|REVKEYSIG|NO_PUBKEY/,
  /Clearsigned file isn't valid/,
  /Release signed by unknown key|Invalid Release signature|Error executing gpgv/,
];
/** These are seen when there is nothing to verify at all, too. */
const UNVERIFIED = [
  /The repository '.*' is not signed/,
  /Sub-process \S*(?:gpgv|sqv) returned an error code/,
  /keyring .* (?:ignored|unsupported|not readable)/,
  /At least one invalid signature was encountered/,
];
/** The signature is right, but not for now. */
const UNTIMELY = /is not valid yet|is expired \(invalid since/;
const NO_SUITE = /The repository '(\S+) (\S+) Release' does not have a Release file/;
const CHANGING = /Hash Sum mismatch|File has unexpected size/;
const FORBIDDEN = /(?:401\s+Unauthorized|403\s+Forbidden)/;
const GONE = /404\s+Not Found/;
const UNREACHABLE = [
  /Could not connect to|Could not resolve|Temporary failure resolving|Connection (?:refused|timed out|failed)/,
  /Unable to connect to|Network is unreachable|Failed to fetch|Failed getting release file|Couldn't download/,
];

export interface ArchiveUse {
  /** What was being done, as a verb phrase. */
  readonly doing: string;
  /** The archives in use, the main one first: named when the tool names none. */
  readonly archives: readonly { readonly uri: string; readonly keyring: string | undefined }[];
}

/** The failure in the user's terms, as far as it is one of these. */
export function archiveFailure(cause: unknown, use: ArchiveUse): Failure {
  const error = Failure.from(cause);
  if (error.kind !== 'tool') return error;
  const lines = (error.command?.lastLines ?? []).map((line) => line.trim());
  const found = untimely(lines, use) ?? signatureTrouble(lines, use) ?? networkTrouble(lines, use);
  if (found === undefined) return error;
  const command = error.command === undefined ? {} : { command: error.command };
  return new Failure(found.kind, found.diagnostic, { ...command, cause: error });
}

interface Trouble {
  readonly kind: 'signature' | 'network';
  readonly diagnostic: Diagnostic;
}

function signatureTrouble(lines: readonly string[], use: ArchiveUse): Trouble | undefined {
  // A server that cannot be reached makes apt complain of missing signatures as well.
  const reached =
    find(lines, [NO_SUITE, CHANGING, FORBIDDEN, GONE, ...UNREACHABLE.slice(0, 1)]) === undefined;
  const line = find(lines, UNTRUSTED) ?? (reached ? find(lines, UNVERIFIED) : undefined);
  if (line === undefined) return undefined;
  const where = archive(lines, use);
  const keyring = use.archives.find(({ uri }) => uri === where)?.keyring;
  return {
    kind: 'signature',
    diagnostic: {
      what: `Could not ${use.doing}: the release signature of ${where} cannot be trusted.`,
      expected: `an archive that is signed by a key of ${keyring ?? 'its keyring'}`,
      found: clean(line),
      hint:
        'Check that the mirror holds this distribution and that `keyring` names its keys. A proxy or log-in page that ' +
        'answers in the place of the mirror looks the same.',
    },
  };
}

function untimely(lines: readonly string[], use: ArchiveUse): Trouble | undefined {
  const line = find(lines, [UNTIMELY]);
  if (line === undefined) return undefined;
  return {
    kind: 'signature',
    diagnostic: {
      what: `Could not ${use.doing}: the release file of ${archive(lines, use)} is not valid at this time.`,
      expected: 'an index within its dates `Date` and `Valid-Until`',
      found: clean(line),
      hint: 'The mirror is no longer updated, or the clock of this host is wrong. Choose another mirror with `--mirror URL`.',
    },
  };
}

function networkTrouble(lines: readonly string[], use: ArchiveUse): Trouble | undefined {
  const trouble = (line: string, what: string, hint: string): Trouble => ({
    kind: 'network',
    diagnostic: { what: `Could not ${use.doing}: ${what}`, found: clean(line), hint },
  });
  const where = archive(lines, use);
  const elsewhere = 'or choose another mirror with `--mirror URL`.';
  const forbidden = find(lines, [FORBIDDEN]);
  if (forbidden !== undefined) {
    const hint =
      'Give user and password by reference: `auth` of the `debootstrap` step, an entry `machine HOST …` as apt_auth.conf(5) has it.';
    return trouble(forbidden, `${where} asks who you are.`, hint);
  }
  const suite = find(lines, [NO_SUITE]);
  if (suite !== undefined) {
    const [, uri = '', name = ''] = NO_SUITE.exec(suite) ?? [];
    return trouble(suite, `${uri} has no suite ${name}.`, `Check the name of the suite, ${elsewhere}`);
  }
  const changing = find(lines, [CHANGING]);
  if (changing !== undefined) {
    const what = `${where} serves files that do not fit its index.`;
    return trouble(changing, what, `It is being updated: wait some minutes, ${elsewhere}`);
  }
  const gone = find(lines, [GONE]);
  if (gone !== undefined) {
    const what = `${where} lacks a file that its index names.`;
    return trouble(gone, what, `It is being updated: wait some minutes, ${elsewhere}`);
  }
  const line = find(lines, UNREACHABLE);
  if (line === undefined) return undefined;
  return trouble(
    line,
    `${where} cannot be reached.`,
    `See whether this machine reaches it (\`curl -I ${where}\`), ${elsewhere}`,
  );
}

/** The archive that the tool complains of, else the one that it speaks of. */
function archive(lines: readonly string[], { archives }: ArchiveUse): string {
  const complaints = lines.filter((line) => /^(?:Err|E|W)\b/.test(line));
  for (const some of [complaints, lines]) {
    const named = archives.find(({ uri }) => some.some((line) => line.includes(uri)));
    if (named !== undefined) return named.uri;
  }
  const url = lines
    .map((line) => /^(?:Err|Ign|E|W)\S* .*?(https?:\/\/[^\s',[\]]+)/.exec(line)?.[1])
    .find((each) => each !== undefined);
  return url ?? archives[0]?.uri ?? 'the archive';
}

function find(lines: readonly string[], patterns: readonly RegExp[]): string | undefined {
  return lines.find((line) => patterns.some((pattern) => pattern.test(line)));
}

/** Without apt's line marks. */
function clean(line: string): string {
  return line.replace(/^(?:[EWI]|Err:\d+|Ign:\d+):?\s+/, '');
}
