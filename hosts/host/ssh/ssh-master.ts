/** A connection to a host over which all sessions go. */
import type { Argv } from '../../../base/ports.js';
import type { HostAccount } from '../host.js';

export interface SshMaster extends AsyncDisposable {
  /** A private folder here, short enough for the addresses of sockets. */
  readonly folder: string;
  /** Environment of every ssh here. */
  readonly env: Readonly<Record<string, string>>;
  /** What runs a command line of the host's login shell over the connection, and fails at once when that is gone. */
  session(command: string): Argv;
  /** A request to the master itself: `check`, `forward`, `cancel` (ssh(1), -O). */
  control(request: string, ...options: string[]): Argv;
  /** Whether the connection is there still. */
  alive(): Promise<boolean>;
  /** Whom we are there. */
  readonly account: HostAccount;
  /** What the connection's own ssh said last. */
  lastWords(): string | undefined;
}
