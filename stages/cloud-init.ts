/** What cloud-init of the image does at the first boot of each LUN: a seed of its data source NoCloud. */
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { readText } from '../base/text-file.js';
import { defineStage, type StageFinding } from '../pipeline/stage.js';
import { readWhole } from './distribution/keyring-file.js';
import { rootTree } from './rootfs/tree.js';
import { ROOT } from './things.js';

const recipeFile = z
  .string()
  .regex(/^[^/]/, "a path relative to the recipe's folder, such as `cloud.yaml`")
  .optional();

const options = z.strictObject({
  'user-data': recipeFile.describe(
    'File of the recipe that is the user data: YAML that begins with `#cloud-config`, a script that begins with `#!`, or another format that ' +
      'cloud-init knows by its first line. Secrets do not belong into it: it lies in the image. Default: none; then each client brings its own, as ' +
      '`files` of the site.',
  ),
  'vendor-data': recipeFile.describe(
    'File of the recipe in the same formats that cloud-init heeds where the user data says nothing else: for what the user data of a client cannot forget.',
  ),
  'instance-id': z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dots, dashes and underscores')
    .default('iid-lunsmith')
    .describe(
      'Name of the instance. cloud-init does what it does once for each name, so a fresh clone does it at its first boot. A clone that a client keeps ' +
        'never sees another one: a new name is for captured LUNs.',
    ),
});

/** Files of the seed, by the name of their options. */
const DATA = ['user-data', 'vendor-data'] as const;
const SEED = '/var/lib/cloud/seed/nocloud';
const PROGRAM = '/usr/bin/cloud-init';

/** First lines by which cloud-init knows what user data is (its documentation, "User-data formats"). */
const BEGINNINGS = [
  '#cloud-config',
  '#!',
  '#include',
  '#cloud-boothook',
  '#cloud-config-archive',
  '#part-handler',
  '## template: jinja',
  'Content-Type:',
];

/**
 * The boot card is left alone, since it carries the root: the stage `network` has the say. `None` behind it lets the system come up
 * when the seed is gone. The locale is the image's unless the user data says another: cloud-init's own is one that the image may not have.
 */
export const CONFIG = {
  path: '/etc/cloud/cloud.cfg.d/99-lunsmith.cfg',
  text: 'datasource_list: [NoCloud, None]\nnetwork: {config: disabled}\nlocale: false\n',
} as const;

export function metaData(instance: string): string {
  return `instance-id: ${instance}\n`;
}

export const cloudInit = defineStage({
  name: 'cloud-init',
  summary: 'Hand cloud-init of the image its user data, as a seed of the data source NoCloud.',
  kind: 'rootfs',
  changes: [ROOT],
  title: (given) => given['user-data'] ?? given['vendor-data'] ?? '',
  options,
  tools: [],
  inputs: (given) => DATA.flatMap((key) => given[key] ?? []),
  check: ({ options: given, recipe }) =>
    DATA.flatMap((key): StageFinding[] => {
      const name = given[key];
      if (name === undefined) return [];
      const path = [key];
      const bytes = readWhole(join(recipe.folder, name));
      if (bytes instanceof Uint8Array) return dataFindings(Buffer.from(bytes).toString('utf8'), name, path);
      return [
        {
          path,
          what: `The recipe has no file ${name}.`,
          ...(bytes === undefined ? {} : { found: bytes.found }),
        },
      ];
    }),
  async run({ rootfs, recipe, options: given }) {
    const tree = rootTree(rootfs);
    if (!(await tree.exists(PROGRAM))) {
      throw new Failure('recipe', {
        what: 'The image has no cloud-init.',
        expected: PROGRAM,
        hint: 'Install it by a step before this one: `uses: packages` with `install: [cloud-init]`.',
      });
    }
    await tree.directory(SEED, { mode: 0o700 });
    for (const key of DATA) {
      const name = given[key];
      // cloud-init takes no seed without user data, be it empty.
      const text =
        name === undefined
          ? key === 'user-data'
            ? ''
            : undefined
          : await readText(join(recipe.folder, name), name);
      if (text !== undefined) await tree.write(`${SEED}/${key}`, text, { mode: 0o600 });
    }
    await tree.write(`${SEED}/meta-data`, metaData(given['instance-id']), { mode: 0o600 });
    await tree.write(CONFIG.path, CONFIG.text);
  },
});

/** What is wrong with it as far as it can be told without cloud-init. @param name of the file, for messages */
function dataFindings(text: string, name: string, path: readonly string[]): StageFinding[] {
  const [first = ''] = text.split('\n');
  if (!BEGINNINGS.some((beginning) => first.startsWith(beginning))) {
    const what = `cloud-init would do nothing with ${name}: its first line does not say what it is.`;
    return [
      {
        path,
        what,
        expected: 'a first line such as `#cloud-config` or `#!/bin/sh`',
        found: first.slice(0, 60),
      },
    ];
  }
  if (first.trimEnd() !== '#cloud-config') return [];
  try {
    const value: unknown = parse(text);
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return [];
    return [
      {
        path,
        what: `${name} is no cloud-config.`,
        expected: 'YAML with keys and values',
        found: Array.isArray(value) ? 'a list' : typeof value,
      },
    ];
  } catch (error) {
    return [{ path, what: `${name} is no YAML.`, found: (error as Error).message.split('\n')[0] ?? '' }];
  }
}
