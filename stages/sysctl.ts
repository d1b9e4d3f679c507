/** Settings of the running kernel, as sysctl.d(5) has them. */
import { z } from 'zod';
import { defineStage } from '../pipeline/stage.js';
import { rootTree } from './rootfs/tree.js';
import { ROOT } from './things.js';

const options = z.strictObject({
  values: z
    .record(
      z
        .string()
        .regex(
          /^-?[a-z][a-z0-9_-]*([./][A-Za-z0-9_.:*-]+)+$/,
          'the name of a setting, such as `net.ipv4.ip_forward`',
        ),
      z.union(
        [z.int(), z.string().regex(/^\S([^\n]*\S)?$/, 'one line of text')],
        'a number or one line of text',
      ),
    )
    .refine((values) => Object.keys(values).length > 0, 'at least one setting')
    .describe(
      'Values by their names, such as `net.ipv4.ip_forward: 1`. A name with a leading `-` may be one that the kernel does not have.',
    ),
});

/** The file of a step; those of packages that come later in byte order win. */
export function sysctlPath(step: string): string {
  return `/etc/sysctl.d/60-${step}.conf`;
}

export function sysctlText(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

export const sysctl = defineStage({
  name: 'sysctl',
  summary: 'Set parameters of the kernel at each start.',
  kind: 'rootfs',
  changes: [ROOT],
  title: ({ values }) => Object.keys(values).join(' '),
  options,
  tools: [],
  async run({ rootfs, step, options: { values } }) {
    await rootTree(rootfs).write(sysctlPath(step), sysctlText(values));
  },
});
