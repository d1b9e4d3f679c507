/**
 * Do the tests notice? Plants faults that still compile, one at a time, in a copy of the project, and runs the tests that import
 * the file: all the fast ones, then the real ones that are nearest to it. Prints what nobody noticed; keeps every outcome in a file.
 *
 *     npm run mutants -- [--count 100] [--seed 1] [--keep outcomes.jsonl] [FOLDER…]
 *
 * A run that was ended goes on where it was, given the same file and seed and the same sources.
 *
 * A test that fails, and a run that does not end, have noticed; where the file as it is has the same outcome, as on a machine that has
 * too much to do, another fault takes its place. What changes nothing that could be noticed is for the reader to tell.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import ts from 'typescript';

/** How many of the nearest fast tests run before all others, for most faults are found by these. */
const NEAR = 8;
/** How many of the nearest real tests run, and how long any run may take, seconds. */
const REAL = 6;
const PATIENCE = { fast: 300, real: 600 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const folders = positionals.length > 0 ? positionals : ['artifacts', 'gate', 'hosts', 'pipeline', 'stages'];
const root = resolve('.');

const tracked = spawnSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).stdout.split('\0').filter(Boolean);
const sources = tracked.filter((path) => path.endsWith('.ts'));

/** Whole numbers below the one that is given, the same for the same seed. */
function numbers(seed) {
  let count = 0;
  return (below) => {
    count += 1;
    return createHash('sha256').update(`${seed} ${count}`).digest().readUInt32LE(0) % below;
  };
}

const TURNED = new Map([
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
  ['===', '!=='],
  ['!==', '==='],
  ['&&', '||'],
  ['||', '&&'],
  ['+', '-'],
  ['-', '+'],
  ['*', '/'],
]);

/** @returns places in a file where a fault can be planted: from and to, in characters, and what stands there then */
function faultsOf(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const plant = (node, instead, kind) =>
    found.push({ path, from: node.getStart(file), to: node.getEnd(), instead, kind });
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const turned = TURNED.get(node.operatorToken.getText(file));
      if (turned !== undefined) plant(node.operatorToken, turned, 'an operator turned');
    }
    const condition =
      ts.isIfStatement(node) || ts.isWhileStatement(node)
        ? node.expression
        : ts.isConditionalExpression(node)
          ? node.condition
          : undefined;
    if (condition !== undefined) plant(condition, `!(${condition.getText(file)})`, 'a condition negated');
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      plant(node, node.operand.getText(file), 'a negation taken out');
    if (ts.isThrowStatement(node)) plant(node, '{}', 'a throw taken out');
    if (
      ts.isExpressionStatement(node) &&
      (ts.isAwaitExpression(node.expression) || ts.isCallExpression(node.expression))
    )
      plant(node, '{}', ts.isAwaitExpression(node.expression) ? 'an await taken out' : 'a call taken out');
    if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent?.parent ?? node))
      plant(node, `(${node.getText(file)} + 1)`, 'a number changed');
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Tests by how many imports lie between them and each file. */
function importers() {
  const known = new Set(sources);
  const by = new Map(sources.map((path) => [path, []]));
  for (const path of sources)
    for (const { fileName } of ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles) {
      const target = fileName.startsWith('.') ? join(dirname(path), fileName).replace(/\.js$/, '.ts') : '';
      if (known.has(target)) by.get(target).push(path);
    }
  return by;
}

/** @returns project and files of each run, in order */
function testsOf(path, by) {
  const far = new Map([[path, 0]]);
  for (const each of far.keys())
    for (const importer of by.get(each) ?? []) if (!far.has(importer)) far.set(importer, far.get(each) + 1);
  const name = basename(path, '.ts');
  // What runs the whole program imports nothing of it.
  for (const each of sources) if (basename(each).startsWith(`${name}.`) && !far.has(each)) far.set(each, 1);
  const rank = (test) => far.get(test) - (basename(test).startsWith(`${name}.`) ? 1 : 0);
  const tests = [...far.keys()].filter((each) => each.endsWith('.test.ts') && !each.startsWith('test/e2e/'));
  tests.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const fast = tests.filter((each) => !each.endsWith('.real.test.ts'));
  return [
    ['fast', fast.slice(0, NEAR)],
    ['fast', fast.slice(NEAR)],
    ['real', tests.filter((each) => each.endsWith('.real.test.ts')).slice(0, REAL)],
  ];
}

/** Answers whether a file with another text still compiles. */
function compiler() {
  const config = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} },
  );
  let changed = { path: '', text: '', version: 0 };
  const service = ts.createLanguageService({
    getScriptFileNames: () => config.fileNames,
    getScriptVersion: (path) => (path === changed.path ? String(changed.version) : '0'),
    getScriptSnapshot: (path) => {
      const text = path === changed.path && changed.text !== undefined ? changed.text : ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => config.options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  return (path, text) => {
    const at = resolve(path);
    changed = { path: at, text, version: changed.version + 1 };
    return (
      service.getSyntacticDiagnostics(at).length === 0 && service.getSemanticDiagnostics(at).length === 0
    );
  };
}

/** Process group of the tests that run. */
let running;

/** What a run says that took too long. */
const ENDLESS = 'does not end';

/** @returns the first thing that failed; undefined where all passed */
async function notice(copy, project, tests) {
  if (tests.length === 0) return undefined;
  const argv = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    project,
    '--bail',
    '1',
    ...tests,
  ];
  const child = spawn(process.execPath, argv, {
    cwd: copy,
    detached: true,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child.pid;
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, 'SIGTERM');
    setTimeout(() => child.exitCode ?? process.kill(-child.pid, 'SIGKILL'), 10_000).unref();
  }, PATIENCE[project] * 1000);
  const code = await new Promise((done) => child.once('close', done));
  clearTimeout(timer);
  running = undefined;
  if (late) return ENDLESS;
  return code === 0 ? undefined : (/^ ?FAIL +(.*)$/m.exec(said)?.[1] ?? said.slice(-300));
}

/** A fault in the copy, or none: in the source, and compiled, since some tests run what is compiled. */
function put(path, text) {
  writeFileSync(join(copy, path), text);
  const { options } = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} },
  );
  // Without the package.json beside it, what `nodenext` means cannot be told.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: path });
  writeFileSync(join(copy, 'dist', path.replace(/\.ts$/, '.js')), outputText);
}

/**
 * Which tests notice that a fault stands in a file.
 * @returns nothing where none does; `certain` is false where the file as it is has the same outcome
 */
async function judge(path, text, mutant) {
  for (const [project, tests] of testsOf(path, by)) {
    put(path, mutant);
    const noticed = await notice(copy, project, tests);
    put(path, text);
    if (noticed === undefined) continue;
    // A test may fail for want of time, too.
    const [failed] = /\S+\.test\.ts/.exec(noticed) ?? [];
    const without = await notice(copy, project, failed === undefined ? tests : [failed]);
    return { project, noticed, certain: without === undefined };
  }
  return undefined;
}

const copy = mkdtempSync(join(tmpdir(), 'lunsmith-mutants-'));
// Processes that were just ended may still be leaving it.
process.once('exit', () => rmSync(copy, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    if (running !== undefined) process.kill(-running, 'SIGKILL');
    process.exit(1);
  });
}
for (const path of tracked) cpSync(path, join(copy, path), { recursive: true, verbatimSymlinks: true });
cpSync('dist', join(copy, 'dist'), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

const nameOf = ({ path, from, to, instead }) => JSON.stringify([path, from, to, instead]);
const known = new Map();
if (values.keep !== undefined && existsSync(values.keep))
  for (const line of readFileSync(values.keep, 'utf8').split('\n').filter(Boolean)) {
    const outcome = JSON.parse(line);
    known.set(nameOf(outcome), outcome);
  }

const random = numbers(Number(values.seed));
const faults = sources
  .filter((path) =>
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`) || path === `${folder}.ts`),
  )
  .flatMap((path) => faultsOf(path, readFileSync(path, 'utf8')));
const compiles = compiler();
const by = importers();
const missed = [];
const found = { fast: 0, real: 0 };
let planted = 0;
while (planted < Number(values.count) && faults.length > 0) {
  const [fault] = faults.splice(random(faults.length), 1);
  const { path, from, to, instead, kind } = fault;
  const text = readFileSync(path, 'utf8');
  const mutant = text.slice(0, from) + instead + text.slice(to);
  const before = known.get(nameOf(fault));
  if (before === undefined && !compiles(path, mutant)) continue;
  const line = text.slice(0, from).split('\n').length;
  const was = text.slice(from, to).replaceAll(/\s+/g, ' ');
  const title = `${path}:${line}: ${kind}: ${was.slice(0, 100)}`;
  const verdict =
    before === undefined
      ? await judge(path, text, mutant)
      : before.by === null
        ? undefined
        : { project: before.project, noticed: before.by };
  if (verdict?.certain === false) {
    console.log(`  uncertain ${title}  <- ${verdict.noticed}`);
    continue;
  }
  planted += 1;
  if (verdict === undefined) missed.push(title);
  else found[verdict.project] += 1;
  console.log(
    `${planted} ${verdict === undefined ? `MISSED ${title}` : `${verdict.project} ${title}  <- ${verdict.noticed}`}`,
  );
  if (values.keep !== undefined && before === undefined) {
    const { project = null, noticed = null } = verdict ?? {};
    appendFileSync(values.keep, `${JSON.stringify({ ...fault, line, was, by: noticed, project })}\n`);
  }
}
console.log(
  `\n${planted} faults: ${found.fast} found by fast tests, ${found.real} by real ones, ${missed.length} by none (seed ${values.seed})`,
);
for (const title of missed) console.log(`  ${title}`);
