/** The compiled modules as the compiler's own parser sees them; paths are relative to `dist`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { distributions } from '../../stages/distribution/index.js';
import { stages } from '../../stages/index.js';

/** What makes the sandbox, and the first process in it. */
export const SANDBOX = ['enter', 'inside', 'foreign'].map((name) => `pipeline/sandbox/${name}.js`);
/** Names of modules that hold the words of failures. */
export const WORDS = /(?:^|[/-])failures?\.js$/;

/** Modules that some modules import or start, at any depth, themselves among them, but for those of words. */
export async function closure(modules: readonly string[]): Promise<Set<string>> {
  const found = new Set(modules);
  // A set that grows is walked to its new end.
  for (const file of found) {
    for (const name of await namedModules(file)) if (!WORDS.test(name)) found.add(name);
  }
  return found;
}

const parsed = new Map<string, Promise<ts.SourceFile>>();

export function parse(file: string): Promise<ts.SourceFile> {
  const read = () =>
    readFile(join('dist', file), 'utf8').then((text) =>
      ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.JS),
    );
  const known = parsed.get(file) ?? read();
  parsed.set(file, known);
  return known;
}

/** A node and all below it. */
export function nodesOf(node: ts.Node): ts.Node[] {
  return [node, ...node.getChildren().flatMap(nodesOf)];
}

/** As the compiler's own parser sees them; and modules that are named by `new URL`. */
export async function namedModules(file: string): Promise<string[]> {
  const source = await parse(file);
  const specifiers = nodesOf(source).flatMap((node): ts.Expression[] => {
    if (ts.isImportDeclaration(node)) return [node.moduleSpecifier];
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) return [node.moduleSpecifier];
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      return node.arguments.slice(0, 1);
    if (ts.isNewExpression(node) && node.expression.getText() === 'URL')
      return (node.arguments ?? []).slice(0, 1);
    return [];
  });
  return specifiers
    .filter((node) => ts.isStringLiteralLike(node))
    .map(({ text }) => join(dirname(file), text))
    .filter((name) => existsSync(join('dist', name)));
}

/** All modules that can change what any step makes. */
export async function codeOfSteps(): Promise<string[]> {
  const stageModules = [...stages.keys()].map((name) => `stages/${name}.js`);
  const asked = [...stages.values()].flatMap(({ asks = [] }) => asks);
  const distribution = [...distributions].flatMap(([id, { native }]) =>
    ['guard', ...(native === undefined ? [] : ['native']), ...asked].map(
      (topic) => `stages/distribution/${id}/${topic}.js`,
    ),
  );
  const runners = ['stage-layer', 'hook-layer', 'stage-output'].map((name) => `pipeline/build/${name}.js`);
  return [...(await closure([...stageModules, ...distribution, ...runners, ...SANDBOX]))].sort();
}
