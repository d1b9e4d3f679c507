/**
 * The digest of a module's own code: its text and that of every module of ours that it imports, at any depth. A change
 * of a stage makes its steps run again; a change elsewhere does not.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The digest of a module, lower-case hex sha256. */
export type CodeDigest = (module: URL) => Promise<string>;

interface Module {
  readonly sha256: string;
  readonly imports: readonly string[];
}

/** Reads each file once, however many modules share it. */
export function codeDigester(): CodeDigest {
  const modules = new Map<string, Promise<Module>>();
  const read = (href: string) => {
    const known = modules.get(href) ?? readModule(href);
    modules.set(href, known);
    return known;
  };
  return async (module) => {
    const found = new Map<string, string>();
    let wave = [module.href];
    while (wave.length > 0) {
      const read_ = await Promise.all(wave.map(async (href) => ({ href, ...(await read(href)) })));
      for (const { href, sha256 } of read_) found.set(href, sha256);
      wave = [...new Set(read_.flatMap(({ imports }) => imports))].filter((href) => !found.has(href));
    }
    // By their places relative to the module: the same code in another folder is the same code.
    const folder = dirname(fileURLToPath(module));
    const lines = [...found].map(([href, sha256]) => `${relative(folder, fileURLToPath(href))} ${sha256}`);
    return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
  };
}

/**
 * Whatever looks like an import: a comment or text that does so costs a step that runs once too often, while an import that
 * is overlooked would leave a stale result in use. What leads nowhere is none.
 */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;

async function readModule(href: string): Promise<Module> {
  const text = await readFile(new URL(href), 'utf8');
  const imports = [...text.matchAll(IMPORT)]
    .map(([, specifier = '']) => new URL(sourceOf(specifier, href), href))
    .filter((imported) => existsSync(imported))
    .map((imported) => imported.href);
  return { sha256: createHash('sha256').update(text).digest('hex'), imports };
}

/** Under a runner that takes TypeScript as it is, `./x.js` names `./x.ts`. */
function sourceOf(specifier: string, href: string): string {
  return href.endsWith('.ts') ? specifier.replace(/\.js$/, '.ts') : specifier;
}
