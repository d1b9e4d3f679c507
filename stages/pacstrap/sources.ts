/** Where the base system comes from and by which keys it is signed, as options, command line and host say together. */
import { resolve } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { RecipeFacts, StageCheck, StageFinding } from '../../pipeline/stage.js';
import { ARCH_ARCHITECTURE, commonArchitecture } from '../distribution/arch/pacman/architecture.js';
import { findKeyring } from '../distribution/arch/pacman/keyring.js';
import { repositoryProblems } from '../distribution/arch/pacman/repositories.js';
import { chooseServers, hostServers, type Servers } from '../distribution/arch/pacman/servers.js';
import { refusedPackages } from '../distribution/refused-packages.js';
import type { Options } from './options.js';

export interface About {
  readonly options: Options;
  readonly mirror: string | undefined;
}

/** @returns an absolute path; undefined: the host's own keyring */
export function keyringPath({ keyring }: Options, recipe: Pick<RecipeFacts, 'folder'>): string | undefined {
  return keyring === undefined ? undefined : resolve(recipe.folder, keyring);
}

export function serversOf({ options, mirror }: About): Servers {
  const { mirrors, 'image-mirrors': imageMirrors, snapshot } = options;
  return chooseServers({ override: mirror, mirrors, imageMirrors, host: hostServers(), snapshot });
}

/** @throws Failure of kind `recipe` for what `check` finds in them */
export function buildServers(about: About): Servers['build'] {
  const { build, problems } = serversOf(about);
  const [first, ...rest] = problems;
  if (first !== undefined) throw new Failure('recipe', [first, ...rest]);
  return build;
}

export function findings({ options, mirror, recipe }: StageCheck<Options>): StageFinding[] {
  const common = commonArchitecture(ARCH_ARCHITECTURE);
  const keyring = findKeyring(keyringPath(options, recipe));
  return [
    ...refusedPackages('include', options.include),
    ...(recipe.architecture === common
      ? []
      : [
          {
            path: [],
            what: `Arch Linux is not made for ${recipe.architecture}.`,
            expected: `\`architecture: ${common}\``,
          },
        ]),
    ...repositoryProblems(options.repositories).map(({ index, problem }) => ({
      path: ['repositories', index],
      ...problem,
    })),
    ...('digest' in keyring ? [] : [{ path: ['keyring'], ...keyring }]),
    ...serversOf({ options, mirror }).problems,
  ];
}
