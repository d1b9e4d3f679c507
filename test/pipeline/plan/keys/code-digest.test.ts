import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { codeDigester } from '../../../../pipeline/plan/keys/code-digest.js';
import { stageModule, stages } from '../../../../stages/index.js';

interface Tree extends AsyncDisposable {
  readonly path: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** As a new process would see it. */
  digest(module: string): Promise<string>;
}

async function tree(files: Readonly<Record<string, string>>): Promise<Tree> {
  const path = await mkdtemp(join(tmpdir(), 'code-digest-'));
  const write: Tree['write'] = async (more) => {
    for (const [name, text] of Object.entries(more)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
  };
  await write(files);
  return {
    path,
    write,
    digest: async (module) => codeDigester()(pathToFileURL(join(path, module))),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const MODULES = {
  'stages/a.js': "import { b } from './inner/b.js';\nexport const a = b;\n",
  'stages/inner/b.js': "import { c } from '../../pipeline/c.js';\nexport const b = c;\n",
  'pipeline/c.js':
    "import { join } from 'node:path';\nimport { z } from 'zod';\nexport const c = [join, z];\n",
  'pipeline/unrelated.js': "import { a } from '../stages/a.js';\n",
};

describe('the digest of a module', () => {
  it.each(Object.keys(MODULES).slice(0, 3))(
    'changes with %s, which it imports at some depth',
    async (name) => {
      await using modules = await tree(MODULES);
      const before = await modules.digest('stages/a.js');
      await modules.write({ [name]: `${MODULES[name as keyof typeof MODULES]}// More.\n` });
      expect(await modules.digest('stages/a.js')).not.toBe(before);
    },
  );

  it('is of nothing that it does not import', async () => {
    await using modules = await tree(MODULES);
    const before = await modules.digest('stages/a.js');
    await modules.write({ 'pipeline/unrelated.js': 'other', 'stages/new.js': 'new' });
    expect(await modules.digest('stages/a.js')).toBe(before);
  });

  it('is the same for the same tree elsewhere', async () => {
    await using modules = await tree(MODULES);
    const before = await modules.digest('stages/a.js');
    const there = Object.entries(MODULES).map(([name, text]) => [`some where/else/${name}`, text]);
    await modules.write(Object.fromEntries(there) as Record<string, string>);
    expect(await modules.digest('some where/else/stages/a.js')).toBe(before);
  });

  it('changes when two modules exchange their texts', async () => {
    const main = "import './b.js';\nimport './c.js';\n";
    await using modules = await tree({ 'a.js': main, 'b.js': 'b();\n', 'c.js': 'c();\n' });
    const before = await modules.digest('a.js');
    await modules.write({ 'b.js': 'c();\n', 'c.js': 'b();\n' });
    expect(await modules.digest('a.js')).not.toBe(before);
  });

  it('ends where modules import each other', async () => {
    await using modules = await tree({
      'a.js': "import { b } from './b.js';\n",
      'b.js': "import { a } from './a.js';\nimport './b.js';\nimport './c.js';\n",
      'c.js': 'c();\n',
    });
    const [a, b] = [await modules.digest('a.js'), await modules.digest('b.js')];
    await modules.write({ 'c.js': 'd();\n' });
    expect(await modules.digest('a.js')).not.toBe(a);
    expect(await modules.digest('b.js')).not.toBe(b);
  });

  it('follows every path of any graph of imports', async () => {
    await using modules = await tree({});
    const graph = fc.array(fc.uniqueArray(fc.nat({ max: 5 })), { minLength: 6, maxLength: 6 });
    const property = fc.asyncProperty(graph, fc.nat({ max: 5 }), async (edges, changed) => {
      const text = (index: number) => (edges[index] ?? []).map((to) => `import './${to}.js';\n`).join('');
      await modules.write(Object.fromEntries(edges.map((_, index) => [`${index}.js`, text(index)])));
      const before = await modules.digest('0.js');
      await modules.write({ [`${changed}.js`]: `${text(changed)}more();\n` });
      const reached = new Set([0]);
      // A set that grows is walked to its new end.
      for (const index of reached) for (const to of edges[index] ?? []) reached.add(to);
      expect((await modules.digest('0.js')) !== before).toBe(reached.has(changed));
    });
    await fc.assert(property, { seed: 1, numRuns: 40 });
  });

  it('fails for a module that is not there', async () => {
    await using modules = await tree({});
    await expect(modules.digest('none.js')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** Every form in which a module can name another one, as it is written in TypeScript. */
const FORMS: readonly string[] = [
  "import { b } from './b.js';\nconsole.log(b);",
  "import b from './b.js';\nconsole.log(b);",
  "import b, { other } from './b.js';\nconsole.log(b, other);",
  "import * as b from './b.js';\nconsole.log(b);",
  "import { b as $other } from './b.js';\nconsole.log($other);",
  "import './b.js';",
  "export { b } from './b.js';",
  "export { b as c, type T } from './b.js';",
  "export * from './b.js';",
  "export * as b from './b.js';",
  "export { default } from './b.js';",
  "import {\n  b,\n  other,\n} from './b.js';\nconsole.log(b, other);",
  "import {\n  b, // what is the owner's; and more\n  other, /* \"both\" */\n} from './b.js';\nconsole.log(b, other);",
  "export {\n  b,\n  other,\n} from './b.js';",
  "import { type T, b } from './b.js';\nexport const t: T = b;",
  'import { b } from "./b.js";\nconsole.log(b);',
  "const { b } = await import('./b.js');\nconsole.log(b);",
  "const later = () => import(\n  './b.js'\n);\nconsole.log(later);",
  "/* licence */ import { b } from './b.js';\nconsole.log(b);",
  "import { join } from 'node:path';\nimport { b } from './b.js';\nconsole.log(join, b);",
];

describe('an import is found', () => {
  it.each(FORMS)('%j', async (text) => {
    const compiled = ts.transpileModule(text, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    }).outputText;
    for (const [extension, source] of [
      ['ts', text],
      ['js', compiled],
    ] as const) {
      await using modules = await tree({ [`a.${extension}`]: source, [`b.${extension}`]: 'one' });
      const before = await modules.digest(`a.${extension}`);
      await modules.write({ [`b.${extension}`]: 'two' });
      expect(await modules.digest(`a.${extension}`)).not.toBe(before);
    }
  });

  it('and no other one: a text that looks like one leads nowhere', async () => {
    const text = "const help = `\nimport { x } from './nowhere.js';\n`;\nimport './b.js';\n";
    await using modules = await tree({ 'a.js': text, 'b.js': 'one' });
    await expect(modules.digest('a.js')).resolves.toMatch(/^[0-9a-f]{64}$/);
  });
});

it.each([
  ["const host = new URL('b.js', import.meta.url);\n", 'b.js'],
  ["new Worker(new URL('./b.js', import.meta.url));\n", 'b.js'],
  ["new Worker(new URL(\n  './inner/b.js',\n  import.meta.url,\n));\n", 'inner/b.js'],
])('what is started by %j counts', async (text, started) => {
  await using modules = await tree({ 'a.js': text, [started]: "import './c.js';\n" });
  const before = await modules.digest('a.js');
  await modules.write({ [started]: 'other();\n' });
  expect(await modules.digest('a.js')).not.toBe(before);
});

it('comments of our sources are no part of it', () => {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: unknown };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  const compiled = (text: string) =>
    ts.transpileModule(text, { compilerOptions: { ...options, sourceMap: false } }).outputText;
  const text = 'export function a(): number {\n  return 1;\n}\n';
  const commented = '/** A. */\nexport function a(): number {\n  // One.\n  return 1; /* one */\n}\n';
  expect(compiled(commented)).toBe(compiled(text));
});

describe('a package', () => {
  const text =
    "import { z } from 'zod';\nimport run from '@scope/run/inner.js';\nimport { join } from 'node:path';\n";
  const version = (name: string, number: string) => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: number }),
  });

  it.each(['zod', '@scope/run'])('%s that a module imports counts with its version', async (name) => {
    await using modules = await tree({
      'dist/stages/a.js': text,
      ...version('zod', '4.0.0'),
      ...version('@scope/run', '1.0.0'),
    });
    const before = await modules.digest('dist/stages/a.js');
    await modules.write(version(name, '9.0.0'));
    expect(await modules.digest('dist/stages/a.js')).not.toBe(before);
  });

  it.each(['node_modules/inner', 'node_modules/zod/node_modules/inner'])(
    'counts with what it depends on, at any depth: %s',
    async (place) => {
      const inner = (number: string, dependencies = {}) => ({
        [`${place}/package.json`]: JSON.stringify({ name: 'inner', version: number, dependencies }),
      });
      const depends = (name: string, dependency: string) => ({
        [`node_modules/${name}/package.json`]: JSON.stringify({
          name,
          version: '1.0.0',
          dependencies: { [dependency]: '^1.0.0' },
        }),
      });
      await using modules = await tree({
        'dist/stages/a.js': text,
        ...depends('zod', 'inner'),
        // They may depend on each other.
        ...inner('1.0.0', { zod: '^1.0.0', deep: '^1.0.0' }),
        ...version('deep', '1.0.0'),
      });
      const digests = [await modules.digest('dist/stages/a.js')];
      await modules.write(version('deep', '1.0.1'));
      digests.push(await modules.digest('dist/stages/a.js'));
      await modules.write(inner('1.0.1', { deep: '^1.0.0' }));
      digests.push(await modules.digest('dist/stages/a.js'));
      expect(new Set(digests).size).toBe(3);
    },
  );

  it('does not count where no module imports it', async () => {
    await using modules = await tree({ 'dist/stages/a.js': text, ...version('yaml', '2.0.0') });
    const before = await modules.digest('dist/stages/a.js');
    await modules.write(version('yaml', '9.0.0'));
    expect(await modules.digest('dist/stages/a.js')).toBe(before);
  });
});

describe('words of failures', () => {
  it.each(['failure.js', 'inner/failures.js', 'inner/apt-failure.js', 'apt-failures.js'])(
    'are no part of it: %s',
    async (words) => {
      await using modules = await tree({
        'a.js': `import { say } from './${words}';\n`,
        [words]: 'one();\n',
      });
      const before = await modules.digest('a.js');
      await modules.write({ [words]: 'two();\n' });
      expect(await modules.digest('a.js')).toBe(before);
    },
  );

  it.each(['failed-tree.js', 'failure/tree.js', 'onfailure.js', 'failure-tree.js'])(
    'are not taken for %s',
    async (other) => {
      await using modules = await tree({ 'a.js': `import './${other}';\n`, [other]: 'one();\n' });
      const before = await modules.digest('a.js');
      await modules.write({ [other]: 'two();\n' });
      expect(await modules.digest('a.js')).not.toBe(before);
    },
  );
});

describe('of the stages', () => {
  it('each has a module, and a digest of its own', () => {
    const digest = codeDigester();
    const digests = [...stages.keys()].map((name) => digest(stageModule(name)));
    expect(new Set(digests).size).toBe(stages.size);
  });

  it('none depends on the terminal, the plan or other stages’ list', async () => {
    await using copy = await tree({});
    const rooms = ['base', 'artifacts', 'pipeline', 'stages', 'cli'];
    for (const room of rooms) await cp(room, join(copy.path, room), { recursive: true });
    const all = async () => Promise.all([...stages.keys()].map((name) => copy.digest(`stages/${name}.ts`)));
    const before = await all();
    for (const unrelated of [
      'cli/main.ts',
      'pipeline/plan/plan.ts',
      'pipeline/build/executor.ts',
      'stages/index.ts',
    ]) {
      await copy.write({ [unrelated]: 'changed();\n' });
    }
    expect(await all()).toEqual(before);
  });
});
