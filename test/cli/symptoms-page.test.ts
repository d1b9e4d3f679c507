/** docs/symptoms.md against the sources: it quotes nothing that is not said, and leaves out nothing that doctor, explain and the gate say. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { SYMPTOM_WORDS } from '../../artifacts/release/symptoms.js';
import { allCommands } from '../../cli/command-line.js';
import { pipes } from './fake-terminal.js';

const page = await readFile('docs/symptoms.md', 'utf8');
const ROOMS = ['cli', 'app', 'stages', 'pipeline', 'gate', 'hosts', 'artifacts', 'base'];

async function sourcesOf(room: string): Promise<ts.SourceFile[]> {
  const names = (await readdir(room, { recursive: true })).filter((name) => name.endsWith('.ts'));
  return Promise.all(
    names.map(async (name) => {
      const path = join(room, name);
      return ts.createSourceFile(path, await readFile(path, 'utf8'), ts.ScriptTarget.Latest, true);
    }),
  );
}

/** What a text of the source says, with `…` for each value in it; undefined for what is no text. */
function said(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

function textsIn(node: ts.Node): string[] {
  const own = said(node);
  const below: string[] = [];
  ts.forEachChild(node, (child) => void below.push(...textsIn(child)));
  return own === undefined ? below : [own, ...below];
}

/** The texts that are given by that name, as a property or a variable, or to a function of the name `finding` first. */
function givenAs(name: string, node: ts.Node): string[] {
  const found: string[] = [];
  const take = (given: ts.Expression): void => {
    const text = said(given);
    if (text !== undefined) found.push(text);
    else if (ts.isConditionalExpression(given)) [given.whenTrue, given.whenFalse].forEach(take);
  };
  const visit = (each: ts.Node): void => {
    if ((ts.isPropertyAssignment(each) || ts.isVariableDeclaration(each)) && each.name.getText() === name) {
      if (each.initializer !== undefined) take(each.initializer);
    }
    if (ts.isCallExpression(each) && each.expression.getText() === 'finding' && each.arguments[0]) {
      take(each.arguments[0]);
    }
    ts.forEachChild(each, visit);
  };
  visit(node);
  return found;
}

const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| you see'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
const quotes = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');

describe('the page of symptoms', () => {
  it('has rows of four cells, and each leads to a page', () => {
    expect(rows.length).toBeGreaterThan(90);
    expect(rows.filter((row) => row.length !== 4 || !/\]\(\S+\.md/.test(row[3] ?? ''))).toEqual([]);
  });

  it('quotes what the sources say', async () => {
    const texts = (await Promise.all(ROOMS.map(sourcesOf))).flat().flatMap(textsIn);
    const all = [...new Set(texts)];
    const isSaid = (quote: string): boolean => {
      const parts = quote.split('…').filter((part) => /\p{L}{2}/u.test(part));
      return all.some((text) => {
        let at = 0;
        return parts.every((part) => {
          const found = text.indexOf(part, at);
          at = found + part.length;
          return found >= 0;
        });
      });
    };
    expect(rows.flatMap(([seen]) => quotes(seen)).filter((quote) => !isSaid(quote))).toEqual([]);
  });

  it('leaves out nothing that doctor and explain can say, and no sign of the gate', async () => {
    const doctor = (await sourcesOf('hosts/doctor')).flatMap((source) => givenAs('what', source));
    const explain = (await sourcesOf('hosts/explain')).flatMap((source) => givenAs('shows', source));
    expect([doctor.length > 40, explain.length > 20]).toEqual([true, true]);
    const seen = new Set(rows.flatMap(([cell]) => quotes(cell)));
    const wanted = [...doctor, ...explain, ...Object.values(SYMPTOM_WORDS)].filter((text) =>
      text.includes(' '),
    );
    expect(wanted.filter((text) => !seen.has(text))).toEqual([]);
  });

  it('names commands and options that there are', async () => {
    const program = await allCommands(pipes());
    const wrong = [...page.matchAll(/`npx lunsmith ([^`]+)`/g)].filter(([, call = '']) => {
      const [verb = '', sub = ''] = call.split(' ');
      const known: readonly CommandUnknownOpts[] = program.commands;
      const command = known.find((each) => each.name() === verb);
      const own = command?.commands.find((each) => each.name() === sub) ?? command ?? program;
      const options = [...own.options, ...program.options].map(({ long }) => long);
      const asked = call.split(' ').filter((word) => word.startsWith('--'));
      if (command === undefined && !verb.startsWith('--')) return true;
      return asked.some((option) => !options.includes(option));
    });
    expect(wrong.map(([text]) => text)).toEqual([]);
  });
});
