import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { testFolder } from '../artifacts/formats/tools.js';

/** What the linter says of a tree of modules that stands under this configuration: `rule: from → to`, one a line. */
async function findings(files: Readonly<Record<string, string>>): Promise<string[]> {
  await using folder = await testFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), text);
  }
  for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'tsconfig.test.json', 'package.json'])
    await cp(name, join(folder.path, name));
  await symlink(resolve('node_modules'), join(folder.path, 'node_modules'));
  const rooms = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))];
  const { stdout } = await execa(
    'npx',
    ['depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...rooms],
    { cwd: folder.path, reject: false },
  );
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { from: string; to: string; rule: { name: string } }[] };
  };
  return summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`).sort();
}

it('refuses every import that climbs, of values, types, re-exports and late ones', async () => {
  const files = {
    'base/a.ts': "export * from '../artifacts/a.js';\n",
    'artifacts/a.ts': "import type { A } from '../hosts/a.js';\nexport const a: A | undefined = undefined;\n",
    'hosts/a.ts': "import { a } from '../gate/a.js';\nexport type A = typeof a;\n",
    'gate/a.ts': "export const a = 1;\nexport const late = () => import('../pipeline/b.js');\n",
    'pipeline/b.ts': "export type B = import('../stages/b.js').B;\n",
    'stages/b.ts': "import { c } from '../app/c.js';\nexport type B = typeof c;\n",
    'app/c.ts': "import '../cli/d.js';\nexport const c = 1;\n",
    'cli/d.ts': "import '../test/d.js';\n",
    'test/d.ts': 'export {};\n',
  };
  expect(await findings(files)).toEqual([
    'from-app: app/c.ts -> cli/d.ts',
    'from-artifacts: artifacts/a.ts -> hosts/a.ts',
    'from-base: base/a.ts -> artifacts/a.ts',
    'from-cli: cli/d.ts -> test/d.ts',
    'from-gate: gate/a.ts -> pipeline/b.ts',
    'from-hosts: hosts/a.ts -> gate/a.ts',
    'from-pipeline: pipeline/b.ts -> stages/b.ts',
    'from-stages: stages/b.ts -> app/c.ts',
  ]);
});

it('refuses a circle, of types too, and a stage that imports more of the pipeline than its interface', async () => {
  const files = {
    'base/one.ts': "import type { Two } from './two.js';\nexport type One = Two[];\n",
    'base/two.ts': "import type { One } from './one.js';\nexport type Two = One | undefined;\n",
    'pipeline/plan.ts': 'export const plan = 1;\n',
    'pipeline/stage.ts': 'export const stage = 1;\n',
    'stages/a.ts':
      "import { plan } from '../pipeline/plan.js';\nimport { stage } from '../pipeline/stage.js';\nexport const all = [plan, stage];\n",
  };
  expect(await findings(files)).toEqual([
    'no-circle: base/one.ts -> base/two.ts',
    'stages-know-one-interface: stages/a.ts -> pipeline/plan.ts',
  ]);
});

it('allows what goes down', async () => {
  const files = {
    'cli/a.ts': "import '../app/a.js';\nimport '../base/a.js';\n",
    'app/a.ts': "import '../stages/a.js';\n",
    'stages/a.ts': "import '../pipeline/stage.js';\nimport '../artifacts/a.js';\n",
    'pipeline/stage.ts': "import '../gate/a.js';\n",
    'gate/a.ts': "import '../hosts/a.js';\n",
    'hosts/a.ts': "import '../artifacts/a.js';\n",
    'artifacts/a.ts': "import type { A } from '../base/a.js';\nexport type B = A;\n",
    'base/a.ts': 'export type A = 1;\n',
    'test/a.ts': "import '../cli/a.js';\n",
  };
  expect(await findings(files)).toEqual([]);
});
