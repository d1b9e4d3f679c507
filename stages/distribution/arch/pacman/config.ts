/** A pacman.conf(5) for the host's pacman, which reads nothing of the host's own then. */

export interface PacmanPlaces {
  /** Absolute path of the tree. */
  readonly root: string;
  /** Absolute path of the folder with `local/` and `sync/`. */
  readonly database: string;
  /** Absolute path of GnuPG's folder. */
  readonly keys: string;
  /** Absolute path of a folder for what pacman writes besides. */
  readonly work: string;
  /** Absolute path of a folder of hooks that win over those of packages. */
  readonly hooks?: string;
  readonly repositories: readonly Repository[];
}

export interface Repository {
  readonly name: string;
  /** URLs with `$repo` and `$arch` as pacman takes them. */
  readonly servers: readonly string[];
  /** Whether its database must be signed. Packages must be in any case. */
  readonly databaseSignature: 'required' | 'optional';
}

/** Packages need a signature of a key that is trusted, wherever they come from. */
const SIGNATURES = ['SigLevel = Required TrustedOnly', 'LocalFileSigLevel = Required TrustedOnly'];

export function pacmanConfig(places: PacmanPlaces): string {
  const { root, database, keys, work, hooks, repositories } = places;
  return [
    '[options]',
    `RootDir = ${root}`,
    `DBPath = ${database}`,
    `GPGDir = ${keys}`,
    `CacheDir = ${work}/cache`,
    `LogFile = ${work}/pacman.log`,
    ...(hooks === undefined ? [] : [`HookDir = ${hooks}`]),
    'Architecture = x86_64',
    ...SIGNATURES,
    ...repositories.flatMap(({ name, servers, databaseSignature }) => [
      '',
      `[${name}]`,
      `SigLevel = ${databaseSignature === 'required' ? 'DatabaseRequired' : 'DatabaseOptional'}`,
      ...servers.map((server) => `Server = ${server}`),
    ]),
    '',
  ].join('\n');
}

/** Before every operation: no question, no colours. */
export function pacmanArgv(config: string, ...operation: readonly string[]): readonly [string, ...string[]] {
  return ['pacman', '--config', config, '--noconfirm', '--color', 'never', ...operation];
}
