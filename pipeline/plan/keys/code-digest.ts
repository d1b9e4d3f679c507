/**
 * The digest of a module's own code: its text and that of every module of ours that it imports or starts, at any depth, and
 * the versions of the packages that these import, with those that they depend on. A change of a stage makes its steps run
 * again; a change elsewhere does not.
 *
 * Modules that hold nothing but the words of failures are left out, and are told by their names, `failure`, `…-failure` or
 * `…-failures`: what they make is thrown, and of a step that throws nothing is kept.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256OfText } from '../../../base/digest.js';
import { type PackagesOf, packageReader, remembered } from './package-versions.js';

/** The digest of a module, lower-case hex sha256. @throws Error when a file cannot be read */
export type CodeDigest = (module: URL) => string;

interface Module {
  readonly sha256: string;
  readonly imports: readonly string[];
  /** `NAME VERSION` of each. */
  readonly packages: readonly string[];
}

/** What was read of modules, by their URLs. */
export type ReadModules = Map<string, Module>;

/**
 * Reads each file once, however many modules share it.
 * @param modules what was read before, which is believed; what is read is added
 */
export function codeDigester(modules: ReadModules = new Map()): CodeDigest {
  const packages = packageReader();
  const digests = new Map<string, string>();
  const digest = (start: string): string => {
    const found = new Set([start]);
    const folder = dirname(fileURLToPath(start));
    const lines: string[] = [];
    const versions = new Set<string>();
    // A set that grows is walked to its new end.
    for (const href of found) {
      const module = remembered(modules, href, () => readModule(href, packages));
      // By its place relative to the first: the same code in another folder is the same code.
      lines.push(`${relative(folder, fileURLToPath(href))} ${module.sha256}`);
      for (const each of module.imports) found.add(each);
      for (const each of module.packages) versions.add(each);
    }
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

function readModule(href: string, packagesOf: PackagesOf): Module {
  // Hundreds of small files, before anything else can be done: read by promises they take three times as long.
  const text = readFileSync(new URL(href), 'utf8');
  const imports = [...text.matchAll(IMPORT), ...text.matchAll(STARTED)]
    .map(([, specifier = '']) => new URL(sourceOf(specifier, href), href))
    .filter((imported) => !WORDS.test(imported.pathname) && existsSync(imported))
    .map((imported) => imported.href);
  const names = [...new Set([...text.matchAll(PACKAGE)].map(([, name = '']) => name))];
  const folder = dirname(fileURLToPath(href));
  const packages = names.flatMap((name) => packagesOf(name, folder));
  return { sha256: sha256OfText(text), imports, packages };
}

/** Under a runner that takes TypeScript as it is, `./x.js` names `./x.ts`. */
function sourceOf(specifier: string, href: string): string {
  return href.endsWith('.ts') ? specifier.replace(/\.js$/, '.ts') : specifier;
}
