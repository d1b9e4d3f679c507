/** What a step's code may name that no key knows: nothing but words of failures. */
import { readFile } from 'node:fs/promises';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { codeOfSteps, namedModules, nodesOf, parse, WORDS } from '../../../util/compiled-modules.js';

it('no module of a step is named in a way that its digest overlooks', async () => {
  const hidden = await Promise.all(
    (await codeOfSteps()).map(async (file) => {
      const nodes = nodesOf(await parse(file));
      const odd = nodes.filter((node) => {
        if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
          return !ts.isStringLiteralLike(node.arguments[0] as ts.Expression);
        if (!ts.isMetaProperty(node)) return false;
        const made = node.parent.parent;
        const literal =
          ts.isNewExpression(made) && ts.isStringLiteralLike(made.arguments?.[0] as ts.Expression);
        return !literal && !node.parent.parent.getText().endsWith('.endsWith');
      });
      return odd.map((node) => `${file}: ${node.parent.parent.getText().replaceAll(/\s+/g, ' ')}`);
    }),
  );
  // The sandbox's own modules are named in `step-code.ts`; what its first process loads, carries results along.
  expect(hidden.flat()).toEqual([
    "pipeline/sandbox/enter.js: new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url)",
    'pipeline/sandbox/inside.js: (await import(module))',
  ]);
});

describe('modules of words, which no key knows', () => {
  /** Those that steps use, by what stands in their sources. */
  async function words(): Promise<string[]> {
    const named = await Promise.all((await codeOfSteps()).map(namedModules));
    return [...new Set(named.flat().filter((name) => WORDS.test(name)))].sort();
  }

  it('are these', async () => {
    expect((await words()).map((name) => name.replace(/.*\//, ''))).toEqual([
      'command-failures.js',
      'failure.js',
      'enter-failures.js',
      'foreign-failure.js',
      'hook-failure.js',
      'install-failure.js',
      'repository-failure.js',
      'archive-failure.js',
    ]);
  });

  it('import nothing else, and reach nothing outside', async () => {
    for (const file of await words()) {
      const source = await parse(file);
      for (const statement of source.statements) {
        if (ts.isImportDeclaration(statement))
          expect(statement.moduleSpecifier.getText()).toMatch(/failures?\.js'$/);
        else
          expect([file, ts.SyntaxKind[statement.kind]]).toEqual([file, expect.stringMatching(DECLARATION)]);
      }
      const outside = nodesOf(source).filter(
        (node) =>
          (ts.isIdentifier(node) && OUTSIDE.has(node.text)) ||
          ts.isMetaProperty(node) ||
          (node.kind === ts.SyntaxKind.ImportKeyword && ts.isCallExpression(node.parent)),
      );
      expect([file, outside.map((node) => node.getText())]).toEqual([file, []]);
    }
  });

  it('export failures, and functions that return one', async () => {
    for (const file of await words()) {
      const path = file.replace(/\.js$/, '.ts');
      const source = ts.createSourceFile(path, await readFile(path, 'utf8'), ts.ScriptTarget.ES2023, true);
      for (const statement of source.statements) {
        if (ts.isClassDeclaration(statement))
          expect(statement.heritageClauses?.[0]?.getText()).toBe('extends Error');
        const exported =
          ts.canHaveModifiers(statement) &&
          statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
        if (exported !== true) continue;
        if (ts.isFunctionDeclaration(statement))
          expect([file, statement.type?.getText()]).toEqual([file, 'Failure']);
        if (ts.isVariableStatement(statement))
          expect([file, nodesOf(statement).filter(ts.isFunctionLike)]).toEqual([file, []]);
      }
    }
  });

  it('are used to throw', async () => {
    const others: string[] = [];
    for (const file of await codeOfSteps()) {
      const nodes = nodesOf(await parse(file));
      const imported = new Set(
        nodes.flatMap((node) =>
          ts.isImportDeclaration(node) && /failures?\.js'$/.test(node.moduleSpecifier.getText())
            ? nodesOf(node).flatMap((each) => (ts.isImportSpecifier(each) ? [each.name.text] : []))
            : [],
        ),
      );
      for (const node of nodes) {
        if (!ts.isIdentifier(node) || !imported.has(node.text) || ts.isImportSpecifier(node.parent)) continue;
        if (!isThrown(node)) others.push(`${file}: ${node.parent.getText().replaceAll(/\s+/g, ' ')}`);
      }
    }
    // A failure that comes from another process, or goes to one, which throws it.
    expect(others).toEqual([
      'artifacts/formats/fs-verity-thread.js: Failure.from',
      'artifacts/formats/tree-times.js: Failure.from',
      // What cannot be unpacked is undefined.
      'artifacts/release/initramfs.js: Failure.from',
      'pipeline/sandbox/inside.js: Failure.from',
      // Of a tool: another is tried, or its words are told with the file's name.
      'stages/distribution/arch/pacman/databases.js: Failure.from',
      'stages/import/disk.js: Failure.from',
      'stages/import/unpack.js: Failure.from',
    ]);
  });
});

const DECLARATION = /^(?:Class|Function|Export)Declaration$|^FirstStatement$|^VariableStatement$/;
const OUTSIDE = new Set([
  'process',
  'globalThis',
  'global',
  'console',
  'fetch',
  'require',
  'eval',
  'Function',
]);

/** Whether what a name stands for is thrown, rejected with, returned as a failure, or only compared with. */
function isThrown(node: ts.Node): boolean {
  if (ts.isBinaryExpression(node.parent))
    return node.parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
  for (let at = node.parent; !ts.isFunctionLike(at) && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isThrowStatement(at)) return true;
    if (ts.isReturnStatement(at)) return ts.isNewExpression(at.expression as ts.Expression);
    if (ts.isCallExpression(at) && at.expression.getText() === 'reject') return true;
  }
  return false;
}
