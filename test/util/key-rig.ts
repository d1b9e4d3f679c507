/** Keys of plans in a world that a test describes: versions of tools, digests of code, packages. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ZodType } from 'zod';
import { sha256OfText } from '../../base/digest.js';
import { codeDigester } from '../../pipeline/plan/keys/code-digest.js';
import { type KeyedPlan, keyPlan } from '../../pipeline/plan/keys/fingerprint.js';
import type { LockedPackage } from '../../pipeline/plan/package-set.js';
import type { Plan } from '../../pipeline/plan/plan.js';
import { stages } from '../../stages/index.js';

/** What is around a plan; what is left out is as in every other world that leaves it out. */
export interface KeyWorld {
  readonly mirror?: string;
  readonly packages?: ReadonlyMap<string, readonly LockedPackage[]>;
  /** Packages of native tools. */
  readonly native?: readonly LockedPackage[];
  /** Digests of stages' code by name; others have one by their name. What runs them is the real code. */
  readonly code?: Readonly<Record<string, string>>;
  /** Installed versions by package; default: 1.0 of all that the plan needs. */
  readonly tools?: Readonly<Record<string, string>>;
  readonly salt?: string;
  readonly lunsmith?: string;
}

export interface KeyRig extends AsyncDisposable {
  readonly path: string;
  keys(plan: Plan, world?: KeyWorld): Promise<KeyedPlan>;
}

/** Where no module is. */
const STAGES = 'file:///stages/';

export async function keyRig(): Promise<KeyRig> {
  const path = await mkdtemp(join(tmpdir(), 'key-rig-'));
  const real = codeDigester();
  return {
    path,
    keys: async (plan, world = {}) => {
      const { tools = Object.fromEntries(plan.tools.map((tool) => [tool.package, '1.0'])) } = world;
      const packageDatabase = join(path, `status-${sha256OfText(JSON.stringify(tools))}`);
      if (!existsSync(packageDatabase)) await writeStatus(packageDatabase, tools);
      return keyPlan(plan, {
        mirror: world.mirror,
        packages: world.packages ?? new Map(),
        ...(world.native === undefined ? {} : { tools: world.native }),
        moduleOf: (stage) => new URL(`${STAGES}${stage}.js`),
        topicOf: (distribution, topic) => new URL(`${STAGES}${distribution}-${topic}.js`),
        code: (module) => {
          if (!module.href.startsWith(STAGES)) return real(module);
          const name = basename(module.pathname, '.js');
          return sha256OfText(world.code?.[name] ?? name);
        },
        salt: Buffer.from(world.salt ?? 'salt'),
        lunsmith: world.lunsmith ?? '0.0.0',
        packageDatabase,
      });
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Writes a database of dpkg with these versions of packages. */
export async function writeStatus(file: string, versions: Readonly<Record<string, string>>): Promise<void> {
  const stanzas = Object.entries(versions).map(
    ([name, version]) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n`,
  );
  await writeFile(file, stanzas.join('\n'));
}

/** Names of all results in order: steps by id, parts as `STEP/PART`. */
export function keysByName({ steps }: KeyedPlan): Map<string, string> {
  return new Map(
    steps.flatMap(({ id, key, parts }): [string, string][] => [
      [id, key],
      ...Object.entries(parts).map(([name, part]): [string, string] => [`${id}/${name}`, part.key]),
    ]),
  );
}

/** Names of the results of the second plan that the first one does not have, in order. */
export function changedNames(before: KeyedPlan, after: KeyedPlan): string[] {
  const known = keysByName(before);
  return [...keysByName(after)].flatMap(([name, key]) => (known.get(name) === key ? [] : [name]));
}

/** The results for which `direct` holds, and all that stand on one of them. */
export function dependents({ steps }: KeyedPlan, direct: (name: string) => boolean): string[] {
  let below = false;
  return steps.flatMap(({ id, kind, parts }) => {
    const names = [id, ...Object.keys(parts).map((name) => `${id}/${name}`)];
    const found = names.filter((name) => below || direct(name));
    if (kind === 'rootfs') below ||= found.length > 0;
    return found;
  });
}

/** A package that was made up. */
export function lockedPackage(name: string, change: Partial<LockedPackage> = {}): LockedPackage {
  return {
    name,
    version: '1.0-1',
    architecture: 'amd64',
    bytes: 1000,
    sha256: sha256OfText(name),
    archive: 'main',
    path: `pool/main/${name}_1.0-1_amd64.deb`,
    ...change,
  };
}

/** Options of those stages that no shipped recipe uses, by their names. */
export const UNUSED = {
  services: { enable: ['fstrim.timer'] },
  sysctl: { values: { 'net.ipv4.ip_forward': 1 } },
  'time-servers': { servers: ['ntp.example.org'] },
  cron: { jobs: [{ schedule: '@daily', command: 'true' }] },
  ansible: { folder: 'recipe.yaml' },
  'cloud-init': { 'user-data': 'recipe.yaml' },
};

/** With more steps before `seal`, by the names of their stages. */
export function withSteps({ steps, ...rest }: Plan, more: Readonly<Record<string, unknown>>): Plan {
  const at = steps.findIndex(({ id }) => id === 'seal');
  const like = steps[at];
  if (like === undefined) throw new Error('no step seal');
  const added = Object.entries(more).map(([name, raw]) => {
    const stage = stages.get(name);
    if (stage === undefined) throw new Error(`no stage ${name}`);
    const options: unknown = (stage.options as ZodType).parse(raw);
    return { ...like, id: name, stage, options };
  });
  return { ...rest, steps: steps.toSpliced(at, 0, ...added) };
}
