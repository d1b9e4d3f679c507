/** Which units start with the system, which do not, and which never do. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { didYouMean } from '../base/suggest.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { hasSystemd } from './rootfs/systemd.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { installedUnits, unitName } from './services/units.js';
import { ROOT } from './things.js';

const unit = z
  .string()
  .regex(/^[A-Za-z0-9:_.\\@-]+$/, 'the name of a unit, such as `fstrim.timer`')
  .transform(unitName);

const options = z.strictObject({
  enable: z
    .array(unit)
    .default([])
    .describe('Units that start with the system. A name without an ending is that of a service.'),
  disable: z
    .array(unit)
    .default([])
    .describe('Units that do not start by themselves; others may still start them.'),
  mask: z.array(unit).default([]).describe('Units that cannot be started at all.'),
  'default-target': z
    .string()
    .regex(/^[A-Za-z0-9:_.\\@-]+\.target$/, 'the name of a target, such as `multi-user.target`')
    .optional()
    .describe('What the system boots to. Default: as its packages have it.'),
});
type Options = z.output<typeof options>;

const VERBS = ['enable', 'disable', 'mask'] as const;

export const services = defineStage({
  name: 'services',
  summary: 'Enable, disable and mask systemd units.',
  kind: 'rootfs',
  changes: [ROOT],
  title: (given) => VERBS.flatMap((verb) => given[verb].map((name) => `${verb} ${name}`)).join(', '),
  options,
  tools: [],
  check: ({ options: given }) => {
    const target = given['default-target'];
    const named = VERBS.flatMap((verb) => given[verb].map((name, index) => ({ verb, name, index })));
    if (named.length === 0 && target === undefined) {
      return [
        {
          path: [],
          what: 'The step changes nothing.',
          expected: '`enable`, `disable`, `mask` or `default-target`',
        },
      ];
    }
    return named.flatMap(({ verb, name, index }, place) => {
      const other = named.slice(0, place).find((each) => each.name === name);
      if (other === undefined) return [];
      return [
        {
          path: [verb, index],
          what: `The unit ${name} is named twice.`,
          found: other.verb === verb ? `\`${verb}\` both times` : `\`${other.verb}\` and \`${verb}\``,
        },
      ];
    });
  },
  async run(ctx) {
    const { enable, disable, mask, 'default-target': target } = ctx.options;
    const tree = rootTree(ctx.rootfs);
    await requireUnits(ctx, tree);
    if (disable.length > 0) await systemctl(ctx, ['disable', ...disable]);
    if (mask.length > 0) await systemctl(ctx, ['mask', ...mask]);
    if (target !== undefined) await systemctl(ctx, ['set-default', target]);
    if (enable.length > 0) await systemctl(ctx, ['enable', ...enable]);
    for (const name of enable) await requireEnabled(ctx, name);
  },
});

/** A slip in a name would be found on the client only, or never. */
async function requireUnits(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const { enable, disable, mask, 'default-target': target } = ctx.options;
  if (!(await hasSystemd(tree))) {
    throw new Failure('recipe', {
      what: 'The image has no systemd, whose units the step is about.',
      hint: 'Put the step below the one that installs systemd.',
    });
  }
  const there = await installedUnits(tree);
  const absent = (name: string) => !there.has(name) && !there.has(name.replace(/@.+(?=\.[a-z]+$)/, '@'));
  const missing = [...enable, ...disable, ...(target === undefined ? [] : [target])].find(absent);
  if (missing !== undefined) {
    throw new Failure('recipe', {
      what: `The image has no unit ${missing}.`,
      expected: 'a unit of a package that is installed, or of a file that an earlier step puts there',
      ...didYouMean(missing, [...there].sort()),
    });
  }
  // A package that comes later may bring it, and must not start it then.
  for (const name of mask.filter(absent)) {
    ctx.warn(`The image has no unit ${name}; it is masked all the same.`, didYouMean(name, there).hint);
  }
}

/** systemctl succeeds for a unit that says nothing of when it starts, and does nothing. */
async function requireEnabled(ctx: StageContext<Options>, name: string): Promise<void> {
  const { stdout } = await systemctl(ctx, ['is-enabled', name], [0, 1, 4]);
  const state = stdout.trim();
  if (/^(enabled|alias|linked|generated)/.test(state)) return;
  throw new Failure('recipe', {
    what: `The unit ${name} cannot be enabled.`,
    found: state === 'static' ? 'no section [Install] in it: other units start it' : state,
    hint: 'Enable what starts it, or add `[Install]` with `WantedBy=multi-user.target` by a file below /etc/systemd/system.',
  });
}

function systemctl(ctx: StageContext<Options>, args: readonly string[], okExitCodes = [0]) {
  return ctx.chroot(['systemctl', ...args], { doing: `${args[0]} units`, okExitCodes });
}
