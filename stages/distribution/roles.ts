/** Parts that software plays in an image. Each distribution has names of its own for what plays them. */
import type { KnownDistribution, StageFinding } from '../../pipeline/stage.js';
import { distributionOf } from './distribution.js';
import type { Role, Software } from './topics.js';

export interface Player {
  /** Packages of which each plays the role by itself; the first is the one to suggest. */
  readonly packages: readonly string[];
  /** The systemd unit that runs it. */
  readonly unit?: string;
}

/** What plays which role, by a table and a list of what is installed. */
export function softwareOf(
  players: Readonly<Partial<Record<Role, Player>>>,
  installed: Software['installed'],
): Software {
  const packagesFor = (role: Role) => players[role]?.packages ?? [];
  return {
    installed,
    packagesFor,
    unitFor: (role) => players[role]?.unit,
    has: async (tree, role) => (await installed(tree)).some(({ name }) => packagesFor(role).includes(name)),
  };
}

/** What is wrong with an option that asks for a role which no package of the distribution plays; nothing where one does. */
export function unplayable(
  distribution: KnownDistribution | undefined,
  role: Role,
  finding: StageFinding,
): StageFinding[] {
  if (distribution === undefined) return [];
  const { software } = distributionOf({ distribution });
  return software.packagesFor(role).length > 0 ? [] : [finding];
}

/** What to do about a role that nothing plays: `Add \`sudo\` to a \`packages\` step before this one`, without a full stop. */
export function addPackage(software: Software, role: Role): string {
  const [name] = software.packagesFor(role);
  return name === undefined
    ? 'The distribution has no package for it'
    : `Add \`${name}\` to a \`packages\` step before this one`;
}

/** What may play a role, for a hint: `a` or `b`. Undefined: nothing of the distribution. */
export function packageNames(software: Pick<Software, 'packagesFor'>, role: Role): string | undefined {
  const names = software.packagesFor(role).map((name) => `\`${name}\``);
  return names.length === 0 ? undefined : names.join(' or ');
}
