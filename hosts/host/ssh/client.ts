/** How ssh is called, whatever for: the user's configuration applies to the connection, and nothing that it says of sessions. */

/** Names the configuration file that ssh shall read instead of the user's and the system's: ssh(1), -F. */
const CONFIG_VARIABLE = 'LUNSMITH_SSH_CONFIG';
/** What ssh, its agent and the proxy commands of the user's configuration need; the port scrubs all else. */
const KEPT_VARIABLES = ['HOME', 'PATH', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'KRB5CCNAME', 'XDG_RUNTIME_DIR'];
/** Seconds to connect, and until a silent connection counts as lost. */
const CONNECT_SECONDS = 15;
const ALIVE_SECONDS = 5;
const ALIVE_COUNT = 3;

const OPTIONS = [
  'BatchMode=yes',
  `ConnectTimeout=${CONNECT_SECONDS}`,
  `ServerAliveInterval=${ALIVE_SECONDS}`,
  `ServerAliveCountMax=${ALIVE_COUNT}`,
  // What the user has for sessions of their own has no place here.
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
  'RequestTTY=no',
  'SessionType=default',
  'LogLevel=ERROR',
];

export interface SshClient {
  /** Up to the destination, which `--` stands before. */
  readonly argv: readonly ['ssh', ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** @param environment of this process @param more options of ssh_config(5), which win over the user's */
export function sshClient(
  environment: Readonly<Record<string, string | undefined>>,
  { port, more = [] }: { readonly port?: number | undefined; readonly more?: readonly string[] } = {},
): SshClient {
  const config = environment[CONFIG_VARIABLE];
  return {
    argv: [
      'ssh',
      ...(config === undefined ? [] : ['-F', config]),
      ...[...OPTIONS, ...more].flatMap((option) => ['-o', option]),
      ...(port === undefined ? [] : ['-p', String(port)]),
    ],
    env: Object.fromEntries(
      KEPT_VARIABLES.flatMap((key) => (environment[key] === undefined ? [] : [[key, environment[key]]])),
    ),
  };
}
