/** What the account on a host may not do, told once and before anything else fails of it. */
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { TargetHost } from './host.js';

const AS_ROOT =
  'Connect as root, or let this account run everything by sudo without a password: `sudo: true` in lunsmith.yaml.';

/** @throws Failure of kind `host` when everything there would fail at its first file */
export function requireWriter(host: Pick<TargetHost, 'account' | 'facts'>): void {
  const problem = writerProblem(host);
  if (problem !== undefined) throw new Failure('host', problem);
}

/** Why nothing can be written there; undefined when it can, or when nobody asked. */
export function writerProblem({
  account,
  facts,
}: Pick<TargetHost, 'account' | 'facts'>):
  | Required<Pick<Diagnostic, 'what' | 'expected' | 'found' | 'hint'>>
  | undefined {
  if (account === undefined || account.mayWrite) return undefined;
  const { user, uid, at } = account;
  const root = uid === 0;
  return {
    what: `${user} may not write in ${at} on ${facts.name}.`,
    expected: `an account that may write in ${facts.root}, or make it`,
    found: root ? `a file system that is mounted read-only` : `the user ${user}, uid ${uid}`,
    hint: root
      ? `See there: findmnt --target ${at}. Mount it for writing, or give another folder as \`root\`.`
      : facts.transport.kind === 'ssh'
        ? AS_ROOT
        : 'Run lunsmith as root, or as a user who may write there.',
  };
}

/** A failure that comes of not being root says so. @param error of a tool on the host */
export function notRoot({ account, facts }: Pick<TargetHost, 'account' | 'facts'>, error: unknown): unknown {
  if (!(error instanceof Failure) || account === undefined || account.uid === 0) return error;
  const said = [...(error.command?.lastLines ?? []), ...error.diagnostics.map(({ found }) => found ?? '')];
  const line = said.findLast((each) => DENIED.test(each));
  if (line === undefined) return error;
  const [first, ...others] = error.diagnostics;
  return new Failure(
    'host',
    [
      {
        ...first,
        expected: `root, or who may do the same: lunsmith is ${account.user}, uid ${account.uid}, on ${facts.name}`,
        found: line,
        hint: AS_ROOT,
      },
      ...others,
    ],
    { cause: error, ...(error.command === undefined ? {} : { command: error.command }) },
  );
}

const DENIED = /permission denied|not permitted|EACCES|EPERM/i;
