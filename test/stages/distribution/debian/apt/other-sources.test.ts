import { mkdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { StageContext } from '../../../../../pipeline/stage.js';
import {
  recordSources,
  warnOfOtherSources,
} from '../../../../../stages/distribution/debian/apt/other-sources.js';
import { testFolder } from '../../../../artifacts/formats/tools.js';

const OWN = 'deb [signed-by=/k.gpg] http://mirror.example.org/debian bookworm main\n';

async function bootstrapped() {
  const folder = await testFolder();
  await mkdir(folder.at('etc/apt/sources.list.d'), { recursive: true });
  await writeFile(folder.at('etc/apt/sources.list'), OWN);
  const records = new Map<string, unknown>();
  const warnings: [string, string | undefined][] = [];
  const ctx: Pick<StageContext<unknown>, 'rootfs' | 'record' | 'recorded' | 'warn'> = {
    rootfs: folder.path,
    record: (key, value) => void records.set(key, value),
    recorded: (key) => records.get(key),
    warn: (message, hint) => void warnings.push([message, hint]),
  };
  await recordSources(ctx);
  return { folder, ctx, records, warnings, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

it('says nothing of the sources of the bootstrap', async () => {
  await using tree = await bootstrapped();
  await warnOfOtherSources(tree.ctx);
  await writeFile(
    tree.folder.at('etc/apt/sources.list'),
    `# for clients\n${OWN.replace('main', 'main contrib')}`,
  );
  await warnOfOtherSources(tree.ctx);
  expect(tree.warnings).toEqual([]);
});

it('names those that a step added since, of either style', async () => {
  await using tree = await bootstrapped();
  await writeFile(
    tree.folder.at('etc/apt/sources.list'),
    `${OWN}deb http://mirror.example.org/debian bookworm-backports main\n`,
  );
  await writeFile(
    tree.folder.at('etc/apt/sources.list.d/nginx.sources'),
    'Types: deb\nURIs: http://nginx.example.org/debian\nSuites: bookworm\nComponents: nginx\n',
  );
  await writeFile(tree.folder.at('etc/apt/sources.list.d/ignored.txt'), 'deb http://no.example.org x main\n');
  await warnOfOtherSources(tree.ctx);
  expect(tree.warnings).toEqual([
    [
      'This step installs nothing from apt sources that another step added: http://mirror.example.org/debian bookworm-backports, http://nginx.example.org/debian bookworm.',
      'It knows the archives of the `debootstrap` step: name them in its `repositories`.',
    ],
  ]);
});

it('says nothing where it is not known what the bootstrap wrote', async () => {
  await using tree = await bootstrapped();
  tree.records.clear();
  await warnOfOtherSources(tree.ctx);
  expect(tree.warnings).toEqual([]);
});
