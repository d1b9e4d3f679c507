/**
 * Size and reason of packages, from dpkg's status and from what apt marked as installed automatically (apt-mark(8)). Base is what
 * Debian Policy 3.8 and 2.5 call essential and required, with all that these depend on.
 */
import { needsOf } from '../needs.js';
import type { Inventory, PackageFacts } from '../topics.js';
import { parseStatus } from './dpkg.js';

const STATUS = '/var/lib/dpkg/status';
const MARKS = '/var/lib/apt/extended_states';
/** `Installed-Size` counts these (Debian Policy 5.6.20). */
const KIB = 1024;

export const inventory: Inventory = {
  isRecord: (path) => path === STATUS || path === MARKS,
  packages: (records) => describe(records.get(STATUS) ?? '', records.get(MARKS) ?? ''),
};

function describe(status: string, marks: string): PackageFacts[] {
  const automatic = new Set(
    paragraphs(marks).flatMap((field) => (field('Auto-Installed') === '1' ? [field('Package') ?? ''] : [])),
  );
  const fields = new Map(paragraphs(status).map((field) => [keyOf(field), field] as const));
  const installed = parseStatus(status).map((each) => {
    const field = fields.get(`${each.name} ${each.architecture}`) ?? (() => undefined);
    return { ...each, field };
  });
  const needs = needsOf(
    installed.map(({ name, field }) => ({
      name,
      provides: relations(field('Provides')).flat(),
      depends: [...relations(field('Pre-Depends')), ...relations(field('Depends'))],
    })),
  );
  const isRequired = ({ field }: (typeof installed)[number]) =>
    field('Essential') === 'yes' || field('Priority') === 'required';
  const base = needs.closure(installed.filter(isRequired).map(({ name }) => name));
  return installed.map(({ name, version, architecture, field }) => ({
    ...{ name, version, architecture },
    bytes: (Number(field('Installed-Size')) || 0) * KIB,
    why: base.has(name) ? 'base' : automatic.has(name) ? 'dependency' : 'manual',
    neededBy: needs.neededBy(name),
  }));
}

type Field = (name: string) => string | undefined;

function paragraphs(text: string): Field[] {
  return text
    .split(/\n\n+/)
    .map((paragraph) => (name) => new RegExp(`^${name}: *(.*)$`, 'm').exec(paragraph)?.[1]?.trim());
}

function keyOf(field: Field): string {
  return `${field('Package') ?? ''} ${field('Architecture') ?? 'all'}`;
}

/** `a (>= 1), b:any | c` as names: [[a], [b, c]]. */
function relations(text = ''): string[][] {
  return text
    .split(',')
    .map((group) => group.split('|').map((each) => each.trim().replace(/[\s:(].*$/, '')))
    .filter(([first]) => first !== '');
}
