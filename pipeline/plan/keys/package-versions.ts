/** Which packages of npm a module gets by a name that it imports: the package, and all that it depends on at any depth. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** `NAME VERSION` of each; none where there is no such package. @param folder absolute path of the module's folder */
export type PackagesOf = (name: string, folder: string) => Promise<readonly string[]>;

interface Package {
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly version: string;
  readonly dependencies: readonly string[];
}

/** Reads each package.json once. */
export function packageReader(): PackagesOf {
  /** By the path at which a package may be; undefined where there is none. */
  const packages = new Map<string, Promise<Package | undefined>>();
  /** By the folder of the package that is imported. */
  const closures = new Map<string, Promise<readonly string[]>>();

  /** As Node.js looks for it: in the folder and above it. */
  const find = async (name: string, folder: string): Promise<Package | undefined> => {
    for (let at = folder; ; at = dirname(at)) {
      // Folders of that name are passed over, as Node.js does it.
      if (basename(at) === 'node_modules') continue;
      const path = join(at, 'node_modules', name);
      const found = await remembered(packages, path, () => readPackage(name, path));
      if (found !== undefined || at === dirname(at)) return found;
    }
  };
  const closure = async (first: Package): Promise<readonly string[]> => {
    const found = new Map([[first.folder, first]]);
    // A map that grows is walked to its new end.
    for (const { folder, dependencies } of found.values()) {
      const needed = await Promise.all(dependencies.map((name) => find(name, folder)));
      for (const each of needed) if (each !== undefined) found.set(each.folder, each);
    }
    return [...found.values()].map(({ version }) => version);
  };
  return async (name, folder) => {
    const found = await find(name, folder);
    return found === undefined ? [] : remembered(closures, found.folder, () => closure(found));
  };
}

async function readPackage(name: string, folder: string): Promise<Package | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { version, dependencies = {} } = JSON.parse(text) as {
    readonly version?: string;
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  return { folder, version: `${name} ${version}`, dependencies: Object.keys(dependencies) };
}

/** The value of a key, made when it is asked for first. */
export function remembered<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
