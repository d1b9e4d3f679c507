/** The text of a lock: JSON with one package a line, so that a diff of two locks reads as a diff of two lists of packages. */
import { z } from 'zod';
import { ARCHITECTURES, type Architecture } from '../../../artifacts/platform/architecture.js';
import { type LockedIndex, type LockedPackage, lockedPackageSchema, sha256Schema } from '../package-set.js';

export const LOCK_FORMAT = 'lunsmith-lock/1';

export const lockSchema = z.strictObject({
  format: z.literal(LOCK_FORMAT).describe('Format of the lock.'),
  architecture: z.enum(ARCHITECTURES).describe('Architecture of the recipe.'),
  indexes: z
    .array(
      z.strictObject({
        archive: z.string().min(1).describe('Name of the archive.'),
        suite: z.string().min(1).describe('Its suite.'),
        date: z.string().min(1).describe("The index's own date."),
        sha256: sha256Schema.describe('Digest of the signed file.'),
      }),
    )
    .describe('Signed indexes that the packages were resolved against.'),
  steps: z
    .array(
      z.strictObject({
        step: z.string().min(1).describe('Name of the step.'),
        request: sha256Schema.describe('Digest of what the step asks for.'),
        packages: z.array(lockedPackageSchema).describe('What that comes to.'),
        tools: z
          .array(lockedPackageSchema)
          .optional()
          .describe(
            "Packages of the build host's architecture whose programs work in the place of emulated ones.",
          ),
      }),
    )
    .describe('Steps that install packages, in order.'),
});

/** What a step's request came to. */
export interface LockedStep {
  readonly step: string;
  /** Digest of the stage's name and of what it asks for, lower-case hex sha256. */
  readonly request: string;
  readonly packages: readonly LockedPackage[];
  /** Native tools, see native-tools.ts. */
  readonly tools?: readonly LockedPackage[];
}

export interface Lock {
  readonly format: typeof LOCK_FORMAT;
  readonly architecture: Architecture;
  readonly indexes: readonly LockedIndex[];
  /** In the order of the recipe. */
  readonly steps: readonly LockedStep[];
}

/** The canonical text of a lock, with a final newline. */
export function formatLock({ architecture, indexes, steps }: Lock): string {
  const list = (items: readonly string[], indent: string) =>
    items.length === 0 ? '[]' : `[\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}]`;
  const stepTexts = steps.map(({ step, request, packages, tools = [] }) =>
    [
      '{',
      `      "step": ${JSON.stringify(step)},`,
      `      "request": ${JSON.stringify(request)},`,
      `      "packages": ${list(packages.map(packageLine), '      ')}${tools.length === 0 ? '' : ','}`,
      ...(tools.length === 0 ? [] : [`      "tools": ${list(tools.map(packageLine), '      ')}`]),
      '    }',
    ].join('\n'),
  );
  const indexLines = indexes.map(({ archive, suite, date, sha256 }) =>
    line({ archive, suite, date, sha256 }),
  );
  return [
    '{',
    `  "format": ${JSON.stringify(LOCK_FORMAT)},`,
    `  "architecture": ${JSON.stringify(architecture)},`,
    `  "indexes": ${list(indexLines, '  ')},`,
    `  "steps": ${list(stepTexts, '  ')}`,
    '}',
    '',
  ].join('\n');
}

function packageLine(each: LockedPackage): string {
  const { name, version, architecture, archive, index, bytes, sha256, path } = each;
  const sorted = index === undefined ? undefined : Object.entries(index).sort(([a], [b]) => (a < b ? -1 : 1));
  return line({
    name,
    version,
    architecture,
    archive,
    ...(sorted === undefined ? {} : { index: Object.fromEntries(sorted) }),
    bytes,
    sha256,
    path,
  });
}

function line(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${line(inner)}`);
  return `{ ${fields.join(', ')} }`;
}
