/** From where later steps install packages: archives of Debian's kind that the recipe names for an imported system. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { urlSchema } from '../../base/schema/url.js';
import type { StageFinding } from '../../pipeline/stage.js';
import { defaultArchive } from '../debootstrap/default-archive.js';
import {
  DEBIAN_KEYRING,
  defaultPockets,
  hostSources,
  requireMirror,
  suiteSources,
} from '../distribution/debian/apt/mirror.js';
import {
  archiveFindings,
  archiveSchema,
  archiveSources,
  keyringsOfRecipe,
} from '../distribution/debian/apt/repositories.js';
import type { NamedSource } from '../distribution/debian/apt/sources.js';

const url = urlSchema({
  pattern: '^https?://\\S+$',
  expected: 'a URL that begins with http:// or https://',
  instead: 'Let the archive answer by address: this step hands on no account.',
});
const suite = z.string().regex(/^[a-z][a-z0-9.-]*$/, 'the name of a suite, such as bookworm');
const components = z.array(z.string().regex(/^[a-z0-9-]+$/)).nonempty('at least one component');

export const archivesSchema = z
  .strictObject({
    suite: suite.describe("Code name of the system's Debian release, such as `bookworm`."),
    mirror: url
      .optional()
      .describe('Archive of Debian. Default: as of the step `debootstrap`; `--mirror` overrides it.'),
    components: components.default(['main']).describe('Components of that archive.'),
    pockets: z
      .array(z.enum(['updates', 'security']))
      .optional()
      .describe('Suites besides the release itself. Default: `updates` and `security`; none for `sid`.'),
    keyring: z
      .string()
      .min(1)
      .default(DEBIAN_KEYRING)
      .describe("Keys that may sign it: a path on this host, or one relative to the recipe's folder."),
    more: z
      .array(archiveSchema)
      .prefault([])
      .describe("Other archives that the system uses, such as Raspberry Pi OS's own."),
  })
  .describe(
    'Archives from which later `packages` steps install on top of what the system has. Without it nothing can be installed.',
  );

export type Archives = z.output<typeof archivesSchema>;

/** Keyrings that belong to the recipe. */
export function keyringInputs({ keyring, more }: Archives): string[] {
  return keyringsOfRecipe([{ keyring }, ...more]);
}

/** What is wrong with the keyrings and names of the archives. @param folder the recipe's */
export function keyringFindings({ more }: Archives, folder: string): StageFinding[] {
  return archiveFindings(more, folder).map((finding) => ({
    ...finding,
    path: ['archives', 'more', ...finding.path],
  }));
}

export async function sourcesOf(
  archives: Archives,
  about: { readonly folder: string; readonly mirror: string | undefined },
): Promise<NamedSource[]> {
  const signedBy = (path: string) => resolve(about.folder, path);
  const wishes = {
    override: about.mirror,
    recipe: archives.mirror,
    recipeSecurity: undefined,
    host: await hostSources(),
    fallback: await defaultArchive(),
  };
  const mirror = requireMirror(wishes, { option: 'archives.mirror', stage: 'import' });
  return [
    ...suiteSources(mirror, {
      suite: archives.suite,
      components: archives.components,
      pockets: archives.pockets ?? defaultPockets(archives.suite),
      signedBy: signedBy(archives.keyring),
    }),
    ...archiveSources(archives.more, ({ keyring }) => signedBy(keyring)),
  ];
}
