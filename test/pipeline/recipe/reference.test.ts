import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fillParts } from '../../../base/schema/markdown.js';
import { recipeParts, stagesPage } from '../../../pipeline/recipe/reference.js';
import { stepExamples } from '../../../pipeline/recipe/step-examples.js';
import { defineStage } from '../../../pipeline/stage.js';

const stage = defineStage({
  name: 'packages',
  summary: 'Install packages.',
  kind: 'rootfs',
  requires: ['root'],
  changes: ['initramfs content'],
  provides: ['initramfs'],
  network: true,
  tools: [{ name: 'mke2fs', package: 'e2fsprogs', min: '1.47' }],
  options: z.strictObject({
    suite: z.string().describe('Its name | code.'),
    files: z
      .array(z.strictObject({ path: z.string().describe('Where.') }))
      .default([])
      .describe('Files.'),
    level: z.int().min(0).max(9).optional().describe('How much.'),
    when: z
      .union([z.literal('now'), z.boolean()])
      .default('now')
      .describe('When.'),
  }),
  run: async () => undefined,
});

const recipe = `steps:
  # Before.
  - uses: packages
    with: { suite: x } # here
  # After.
  - uses: other
`;

describe('stagesPage', () => {
  it('tells summary, facts, options and an example', () => {
    const yaml = stepExamples(recipe).get('packages') ?? '';
    const page = stagesPage(
      new Map([['packages', stage]]),
      new Map([['packages', { recipe: 'recipes/x/recipe.yaml', yaml }]]),
    );
    expect(page.slice(page.indexOf('## packages'), page.indexOf('# Output stages'))).toBe(`## packages

Install packages.

Requires the root. Changes the initramfs content. Provides the initramfs. Reaches the network. Needs on the host: \`mke2fs\` 1.47 or later.

| option | value | default | meaning |
| --- | --- | --- | --- |
| \`suite\` | string | required | Its name \\| code. |
| \`files\` | list of maps | \`[]\` | Files. |
| \`files[].path\` | string | required | Where. |
| \`level\` | integer, 0 to 9 |  | How much. |
| \`when\` | \`now\` or \`true\`, \`false\` | \`"now"\` | When. |

From \`recipes/x/recipe.yaml\`:

\`\`\`yaml
  - uses: packages
    with: { suite: x } # here
\`\`\`

`);
  });
});

describe('fillParts', () => {
  it('replaces what stands between its markers, again and again', () => {
    const page = 'a\n<!-- begin: keys -->\nold\n<!-- end -->\nb\n<!-- begin: none -->\nkept\n<!-- end -->\n';
    const once = fillParts(page, { keys: 'new' });
    expect(once).toBe(
      'a\n<!-- begin: keys -->\n\nnew\n\n<!-- end -->\nb\n<!-- begin: none -->\nkept\n<!-- end -->\n',
    );
    expect(fillParts(once, { keys: 'new' })).toBe(once);
  });

  it('has a part for every section of the recipe', () => {
    expect(Object.keys(recipeParts())).toEqual([
      'keys',
      'variables',
      'steps',
      'disk',
      'kernel',
      'refused',
      'hooks',
    ]);
  });
});
