/** A recipe that is right, normalised. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { recipeFatId, recipeUuid } from '../../../base/uuid.js';
import { loadRecipe } from '../../../pipeline/recipe/load.js';
import { changed, FAKE_REGISTRY, RIGHT, recipeRig } from '../../util/recipe-rig.js';

const MIB = 1024 * 1024;

async function failureOf(folder: string): Promise<unknown> {
  try {
    await loadRecipe(folder, FAKE_REGISTRY);
  } catch (error) {
    return error instanceof Failure ? [error.kind, ...error.diagnostics] : error;
  }
  return undefined;
}

describe('loadRecipe', () => {
  it('fills in what a recipe leaves out', async () => {
    await using rig = await recipeRig({ 'r/recipe.yaml': RIGHT });
    const { steps, outputs, digest, ...recipe } = await rig.load('r');
    expect(recipe).toEqual({
      name: 'demo',
      description: '',
      folder: join(rig.root, 'r'),
      platform: 'pc',
      architecture: 'amd64',
      epoch: 1_767_225_600,
      disk: {
        table: 'gpt',
        bytes: 4096 * MIB,
        guid: recipeUuid('demo', 'disk'),
        partitions: [
          {
            name: 'bios',
            type: 'bios-boot',
            size: { bytes: 3 * MIB },
            guid: recipeUuid('demo', 'partition/bios'),
          },
          {
            name: 'esp',
            type: 'esp',
            size: { bytes: 64 * MIB },
            filesystem: 'vfat',
            mount: '/boot/efi',
            guid: recipeUuid('demo', 'partition/esp'),
            filesystemUuid: recipeFatId('demo', 'filesystem/esp'),
          },
          {
            name: 'swap',
            type: 'swap',
            size: { bytes: 512 * MIB },
            filesystem: 'swap',
            guid: recipeUuid('demo', 'partition/swap'),
            filesystemUuid: recipeUuid('demo', 'filesystem/swap'),
          },
          {
            name: 'root',
            type: 'linux',
            size: 'rest',
            filesystem: 'ext4',
            mount: '/',
            guid: recipeUuid('demo', 'partition/root'),
            filesystemUuid: recipeUuid('demo', 'filesystem/root'),
          },
        ],
      },
      kernel: { commandLine: ['console=tty0', 'console=ttyS0,115200'] },
      hooks: {},
      sources: [join(rig.root, 'r/recipe.yaml')],
    });
    expect(steps.map(({ name, uses, options }) => ({ name, uses, options }))).toEqual([
      { name: 'bootstrap', uses: 'bootstrap', options: { suite: 'bookworm', variant: 'minbase' } },
      {
        name: 'packages',
        uses: 'packages',
        options: { install: ['linux-image-amd64', 'open-iscsi'], recommends: false, retries: 3 },
      },
      { name: 'initramfs', uses: 'initramfs', options: {} },
      { name: 'seal', uses: 'seal', options: {} },
    ]);
    expect(outputs?.map(({ name, options }) => [name, options])).toEqual([
      ['lun-image', { 'menu-seconds': 1 }],
      ['boot-artifacts', { menu: true }],
    ]);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('reads version and hooks of package.json', async () => {
    const pack = JSON.stringify({ version: '1.2.3', scripts: { 'rootfs:post': 'sh post.sh', test: 'true' } });
    await using rig = await recipeRig({ 'r/recipe.yaml': RIGHT, 'r/package.json': pack });
    const { version, hooks, sources } = await rig.load('r');
    expect({ version, hooks }).toEqual({ version: '1.2.3', hooks: { 'rootfs:post': 'sh post.sh' } });
    expect(sources).toEqual([join(rig.root, 'r/recipe.yaml'), join(rig.root, 'r/package.json')]);
  });

  it('gives the options of output stages from their sections', async () => {
    const text = `boot: { menu: false }\n${changed('size: 4G', 'size: 4G\n  menu-seconds: 7')}`;
    await using rig = await recipeRig({ 'r/recipe.yaml': text });
    expect((await rig.load('r')).outputs?.map(({ options }) => options)).toEqual([
      { 'menu-seconds': 7 },
      { menu: false },
    ]);
  });

  it('takes an empty `with` for none, and a byte order mark for nothing', async () => {
    await using rig = await recipeRig({
      'r/recipe.yaml': `\ufeff${changed('- uses: seal', '- uses: seal\n    with:')}`,
    });
    expect((await rig.load('r')).steps.at(-1)?.options).toEqual({});
  });

  it.each([
    ['epoch: 2026-11-01T00:00:00Z\n', '', 1_793_491_200],
    ['epoch: 7\n', '', 7],
    ['epoch: 7\n', '1234', 1234],
  ])('knows the time from %s and SOURCE_DATE_EPOCH=%s', async (line, sourceDateEpoch, epoch) => {
    await using rig = await recipeRig({ 'r/recipe.yaml': line + RIGHT });
    expect((await rig.load('r', { sourceDateEpoch })).epoch).toBe(epoch);
  });

  it('has a digest that follows the content, not the place or the spelling', async () => {
    const spelt = RIGHT.replace(
      '[linux-image-amd64, open-iscsi]',
      '\n        - linux-image-amd64 # the kernel\n        - "open-iscsi"',
    );
    await using rig = await recipeRig({
      'a/recipe.yaml': RIGHT,
      'elsewhere/b/recipe.yaml': spelt,
      'c/recipe.yaml': changed('size: 4G', 'size: 5G'),
    });
    const [a, b, c] = await Promise.all(
      ['a', 'elsewhere/b', 'c'].map(async (folder) => (await rig.load(folder)).digest),
    );
    expect(b).toBe(a);
    expect(c).not.toBe(a);
    expect((await rig.load('a', { variables: { suite: 'trixie' } })).digest).not.toBe(a);
  });
});

describe('variables', () => {
  it('keep their type alone, and become text in text', async () => {
    const text = RIGHT.replace(
      'variables:\n',
      'variables:\n  n: { type: integer, default: 5, min: 1, max: 9 }\n  yes: { type: boolean, default: false }\n  gib: { type: size, default: 2G }\n  kind: { type: enum, values: [minbase, standard], default: minbase }\n',
    )
      .replace(
        "suite: '${suite}'",
        () =>
          "suite: '${suite}', variant: '${kind}', mirror: 'http://mirror.example.org/${suite}/$${x}/${n}'",
      )
      .replace('install:', 'retries: ${n}\n      recommends: ${yes}\n      install:')
      .replace('size: 4G', 'size: ${gib}');
    await using rig = await recipeRig({ 'r/recipe.yaml': text });
    const variables = { yes: 'true', n: '6', gib: '3G', kind: 'standard' };
    const { steps, disk } = await rig.load('r', { variables });
    expect(steps[0]?.options).toEqual({
      suite: 'bookworm',
      variant: 'standard',
      mirror: 'http://mirror.example.org/bookworm/${x}/6',
    });
    expect(steps[1]?.options).toMatchObject({ retries: 6, recommends: true });
    expect(disk?.bytes).toBe(3 * 1024 * MIB);
  });
});

describe('folders that hold no recipe', () => {
  it('are told from one another', async () => {
    await using rig = await recipeRig({
      'yml/recipe.yml': RIGHT,
      file: 'x',
      'empty/x': '',
      'odd/recipe.yaml/x': '',
    });
    const at = (name: string) => join(rig.root, name);
    expect(await failureOf(at('none'))).toEqual([
      'recipe',
      {
        what: `There is no folder ${at('none')}.`,
        expected: 'a folder that holds recipe.yaml',
        hint: 'Run `npx lunsmith init FOLDER` to create a recipe.',
      },
    ]);
    expect(await failureOf(at('file'))).toEqual([
      'recipe',
      { what: `${at('file')} is no folder.`, expected: 'the folder that holds recipe.yaml' },
    ]);
    const none = { hint: 'Name the folder of a recipe; `npx lunsmith init FOLDER` creates one.' };
    for (const name of ['empty', 'odd']) {
      expect(await failureOf(at(name))).toEqual([
        'recipe',
        { what: `The folder ${at(name)} holds no recipe.yaml.`, ...none },
      ]);
    }
    expect(await failureOf(at('yml'))).toEqual([
      'recipe',
      {
        what: `The folder ${at('yml')} holds no recipe.yaml.`,
        found: 'recipe.yml',
        hint: 'Rename it to recipe.yaml.',
      },
    ]);
  });
});
