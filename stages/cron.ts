/** Jobs that cron runs in the booted system. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage } from '../pipeline/stage.js';
import { A_SCHEDULE, scheduleProblem } from './cron/schedule.js';
import { distributionOf } from './distribution/distribution.js';
import { addPackage } from './distribution/roles.js';
import { findAccount } from './rootfs/accounts.js';
import { enableUnit, hasUnit } from './rootfs/systemd.js';
import { rootTree } from './rootfs/tree.js';
import { ROOT } from './things.js';

const options = z.strictObject({
  jobs: z
    .array(
      z.strictObject({
        schedule: z.string().describe(`When it runs: ${A_SCHEDULE}.`),
        user: z
          .string()
          .regex(/^[a-z_][a-z0-9_-]*\$?$/, 'the name of a user, such as `root`')
          .default('root')
          .describe('As whom it runs.'),
        command: z
          .string()
          .regex(/^\S(?:[^\p{Cc}]*\S)?$/u, 'one line of text')
          .describe(
            'What `/bin/sh` runs: one line. A `%` is a `%`, and needs no backslash as it does in a crontab.',
          ),
      }),
    )
    .nonempty()
    .describe('The jobs; they stand in one file in /etc/cron.d, which has the name of the step.'),
  environment: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable, such as `MAILTO`'),
      z.string().regex(/^[^\p{Cc}"]*$/u, 'one line of text without `"`'),
    )
    .default({})
    .describe(
      'Variables of all its jobs, such as `PATH` or `MAILTO: ""`, which sends no mail. No secret: everybody can read the file in the image.',
    ),
});
type Options = z.output<typeof options>;

/** cron(8) reads no file with a dot in its name; a step has none. */
export function cronPath(step: string): string {
  return `/etc/cron.d/${step}`;
}

/** crontab(5) with users; `%` is a line end in a command unless it is told apart. */
export function cronText({ jobs, environment }: Pick<Options, 'jobs' | 'environment'>): string {
  return [
    ...Object.entries(environment).map(([name, value]) => `${name}="${value}"\n`),
    ...jobs.map(({ schedule, user, command }) => `${schedule} ${user} ${command.replaceAll('%', '\\%')}\n`),
  ].join('');
}

export const cron = defineStage({
  name: 'cron',
  summary: 'Have cron run commands at certain times.',
  kind: 'rootfs',
  changes: [ROOT],
  title: ({ jobs }) => jobs.map(({ schedule }) => schedule).join(', '),
  options,
  tools: [],
  asks: ['software'],
  check: ({ options: { jobs } }) =>
    jobs.flatMap(({ schedule }, index) => {
      const expected = scheduleProblem(schedule);
      if (expected === undefined) return [];
      return [
        {
          path: ['jobs', index, 'schedule'],
          what: 'Cron does not know this schedule, or it never comes.',
          expected,
          found: `\`${schedule}\``,
        },
      ];
    }),
  async run({ rootfs, step, distribution, options: { jobs, environment } }) {
    const tree = rootTree(rootfs);
    const { software } = distributionOf({ distribution });
    if (!(await software.has(tree, 'cron'))) {
      throw new Failure('recipe', {
        what: 'Nothing in the image runs jobs of cron.',
        ...(software.packagesFor('cron').length === 0
          ? {}
          : { expected: `one of the packages ${software.packagesFor('cron').join(', ')}` }),
        hint: `${addPackage(software, 'cron')}.`,
      });
    }
    for (const { user } of jobs) {
      if ((await findAccount(tree, user)) !== undefined) continue;
      throw new Failure('recipe', {
        what: `The image has no user ${user}, as whom a job of cron shall run.`,
        expected: 'a user of /etc/passwd in the image',
        hint: 'Put the step that creates it (`users`, or `packages`) before this one.',
      });
    }
    await tree.write(cronPath(step), cronText({ jobs, environment }), { mode: 0o644 });
    // Not every distribution enables what it installs.
    const unit = software.unitFor('cron');
    if (unit !== undefined && (await hasUnit(tree, unit))) await enableUnit(tree, unit, 'multi-user.target');
  },
});
