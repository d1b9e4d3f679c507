/** Jobs that cron runs in the booted system. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage, type StageFinding } from '../pipeline/stage.js';
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
    ...Object.entries(environment).map(([name, value]) => `${environmentLine(name, value)}\n`),
    ...jobs.map(({ schedule, user, command }) => `${schedule} ${user} ${escaped(command)}\n`),
  ].join('');
}

const environmentLine = (name: string, value: string) => `${name}="${value}"`;
const escaped = (command: string) => command.replaceAll('%', '\\%');

/** Bytes of a command or of a variable (MAX_COMMAND and MAX_ENVSTR of Debian's cron; cronie's are longer). */
const LONGEST = 998;

function tooLong(text: string, path: readonly (string | number)[]): StageFinding[] {
  const bytes = Buffer.byteLength(text);
  if (bytes <= LONGEST) return [];
  return [
    {
      path,
      what: 'Cron leaves out what is so long.',
      expected: `at most ${LONGEST} bytes, with a backslash for each \`%\``,
      found: String(bytes),
      hint: 'Put it into a script by a step `files`.',
    },
  ];
}

function commandFindings(command: string, path: readonly (string | number)[]): StageFinding[] {
  // Debian's cron makes one backslash of two, cronie does not; before a `%` neither has a way to say one.
  const [pair] = /\\[\\%]/.exec(command) ?? [];
  if (pair === undefined) return tooLong(escaped(command), path);
  return [
    {
      path,
      what: 'Cron would not hand this command to its shell as it stands here.',
      expected: 'no backslash before `%` or before another backslash',
      found: `\`${pair}\``,
      hint:
        pair === '\\%'
          ? 'Leave the backslash out: here a `%` is a `%`.'
          : 'Put it into a script by a step `files`.',
    },
  ];
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
  check: ({ options: { jobs, environment } }) => [
    ...jobs.flatMap(({ schedule, command }, index): StageFinding[] => {
      const expected = scheduleProblem(schedule);
      return [
        ...(expected === undefined
          ? []
          : [
              {
                path: ['jobs', index, 'schedule'],
                what: 'Cron does not know this schedule, or it never comes.',
                expected,
                found: `\`${schedule}\``,
              },
            ]),
        ...commandFindings(command, ['jobs', index, 'command']),
      ];
    }),
    ...Object.entries(environment).flatMap(([name, value]) =>
      tooLong(environmentLine(name, value), ['environment', name]),
    ),
  ],
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
