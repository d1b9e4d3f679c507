/**
 * The digest of a module's own code: its text and that of every module of ours that it imports or starts, at any depth, and
 * the versions of the packages that these import, with those that they depend on. A change of a stage makes its steps run
 * again; a change elsewhere does not.
 *
 * Modules that hold nothing but the words of failures are left out, and are told by their names, `failure`, `…-failure` or
 * `…-failures`: what they make is thrown, and of a step that throws nothing is kept.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256OfText } from '../../../base/digest.js';
import { type PackagesOf, packageReader, remembered } from './package-versions.js';

/** The digest of a module, lower-case hex sha256. */
export type CodeDigest = (module: URL) => Promise<string>;

interface Module {
  readonly sha256: string;
  readonly imports: readonly string[];
  /** `NAME VERSION` of each. */
  readonly packages: readonly string[];
}

/** What was read of modules, by their URLs. */
export type ReadModules = Map<string, Promise<Module>>;

/**
 * Reads each file once, however many modules share it.
 * @param modules what was read before, which is believed; what is read is added
 */
export function codeDigester(modules: ReadModules = new Map()): CodeDigest {
  const packages = packageReader();
  const digests = new Map<string, Promise<string>>();
  const read = (href: string) => remembered(modules, href, () => readModule(href, packages));
  const digest = async (start: string) => {
    const found = new Map<string, string>();
    const versions = new Set<string>();
    let wave = [start];
    while (wave.length > 0) {
      const read_ = await Promise.all(wave.map(async (href) => ({ href, ...(await read(href)) })));
      for (const each of read_) {
        found.set(each.href, each.sha256);
        for (const version of each.packages) versions.add(version);
      }
      wave = [...new Set(read_.flatMap(({ imports }) => imports))].filter((href) => !found.has(href));
    }
    // By their places relative to the module: the same code in another folder is the same code.
    const folder = dirname(fileURLToPath(start));
    const lines = [...found].map(([href, sha256]) => `${relative(folder, fileURLToPath(href))} ${sha256}`);
    return sha256OfText([...lines.sort(), ...[...versions].sort()].join('\n'));
  };
  return ({ href }) => remembered(digests, href, () => digest(href));
}

/**
 * Whatever looks like an import: a comment or text that does so costs a step that runs once too often, while an import that
 * is overlooked would leave a stale result in use. What leads nowhere is none.
 */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;
/** A module that becomes a worker or a process of its own is named in this way. */
const STARTED = /\bnew URL\(\s*['"]([^'"\n]+\.js)['"],\s*import\.meta\.url/g;
const PACKAGE = /\b(?:from|import)\s*\(?\s*['"]((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[^'"\n]*)?['"]/g;
const WORDS = /(?:^|[/-])failures?\.[jt]s$/;

async function readModule(href: string, packagesOf: PackagesOf): Promise<Module> {
  const text = await readFile(new URL(href), 'utf8');
  const imports = [...text.matchAll(IMPORT), ...text.matchAll(STARTED)]
    .map(([, specifier = '']) => new URL(sourceOf(specifier, href), href))
    .filter((imported) => !WORDS.test(imported.pathname) && existsSync(imported))
    .map((imported) => imported.href);
  const names = [...new Set([...text.matchAll(PACKAGE)].map(([, name = '']) => name))];
  const folder = dirname(fileURLToPath(href));
  const packages = await Promise.all(names.map((name) => packagesOf(name, folder)));
  return { sha256: sha256OfText(text), imports, packages: packages.flat() };
}

/** Under a runner that takes TypeScript as it is, `./x.js` names `./x.ts`. */
function sourceOf(specifier: string, href: string): string {
  return href.endsWith('.ts') ? specifier.replace(/\.js$/, '.ts') : specifier;
}
