/** Which packages of npm a module gets by a name that it imports: the package, and all that it depends on at any depth. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `NAME VERSION` of each; none where there is no such package. @param folder absolute path of the module's folder */
export type PackagesOf = (name: string, folder: string) => readonly string[];

interface Package {
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly version: string;
  readonly dependencies: readonly string[];
}

/** Reads each package.json once. */
export function packageReader(): PackagesOf {
  /** By the path at which a package may be; undefined where there is none. */
  const packages = new Map<string, Package | undefined>();
  /** By the folder of the package that is imported. */
  const closures = new Map<string, readonly string[]>();

  /** As Node.js looks for it: in the folder and above it. */
  const find = (name: string, folder: string): Package | undefined => {
    for (let at = folder; ; at = dirname(at)) {
      // Folders of that name are passed over, as Node.js does it.
      if (basename(at) === 'node_modules') continue;
      const path = join(at, 'node_modules', name);
      const found = remembered(packages, path, () => readPackage(name, path));
      if (found !== undefined || at === dirname(at)) return found;
    }
  };
  const closure = (first: Package): readonly string[] => {
    const found = new Map([[first.folder, first]]);
    // A map that grows is walked to its new end.
    for (const { folder, dependencies } of found.values()) {
      for (const name of dependencies) {
        const needed = find(name, folder);
        if (needed !== undefined) found.set(needed.folder, needed);
      }
    }
    return [...found.values()].map(({ version }) => version);
  };
  return (name, folder) => {
    const found = find(name, folder);
    return found === undefined ? [] : remembered(closures, found.folder, () => closure(found));
  };
}

function readPackage(name: string, folder: string): Package | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const { version, dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly version?: string;
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  return { folder, version: `${name} ${version}`, dependencies: Object.keys(dependencies) };
}

/** The value of a key, made when it is asked for first. */
export function remembered<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as Value;
}
