/** From where later steps install packages: archives of Debian's kind that the recipe names for an imported system. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { urlSchema } from '../../base/schema/url.js';
import type { RecipeFacts, StageFinding } from '../../pipeline/stage.js';
import { archivePlaces, defaultArchive } from '../debootstrap/default-archive.js';
import { hostSources, requireMirror, suiteSources } from '../distribution/debian/apt/mirror.js';
import {
  archiveFindings,
  archiveSchema,
  archiveSources,
  keyringsOfRecipe,
} from '../distribution/debian/apt/repositories.js';
import type { NamedSource } from '../distribution/debian/apt/sources.js';
import { defaultPockets, vendorOf } from '../distribution/debian/apt/vendor.js';

const url = urlSchema({
  pattern: '^https?://\\S+$',
  expected: 'a URL that begins with http:// or https://',
  instead: 'Let the archive answer by address: this step hands on no account.',
});
const suite = z.string().regex(/^[a-z][a-z0-9.-]*$/, 'the name of a suite, such as bookworm');
const components = z.array(z.string().regex(/^[a-z0-9-]+$/)).nonempty('at least one component');

export const archivesSchema = z
  .strictObject({
    suite: suite.describe("Code name of the system's release of Debian or Ubuntu, such as `bookworm`."),
    mirror: url
      .optional()
      .describe('Archive of that suite. Default: as of the step `debootstrap`; `--mirror` overrides it.'),
    components: components.default(['main']).describe('Components of that archive.'),
    pockets: z
      .array(z.enum(['updates', 'security']))
      .optional()
      .describe('Suites besides the release itself. Default: `updates` and `security`; none for `sid`.'),
    keyring: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Keys that may sign it: a path on this host, or one relative to the recipe's folder. Default: as of the step `debootstrap`.",
      ),
    more: z
      .array(archiveSchema)
      .prefault([])
      .describe("Other archives that the system uses, such as Raspberry Pi OS's own."),
  })
  .describe(
    'Archives from which later `packages` steps install on top of what the system has. Without it nothing can be installed.',
  );

export type Archives = z.output<typeof archivesSchema>;

/** Who may sign its archive. */
export function keyringOf({ suite: name, keyring }: Pick<Archives, 'suite' | 'keyring'>): string {
  return keyring ?? vendorOf(name).keyring;
}

/** Keyrings that belong to the recipe. */
export function keyringInputs(archives: Archives): string[] {
  return keyringsOfRecipe([{ keyring: keyringOf(archives) }, ...archives.more]);
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
  about: {
    readonly recipe: Pick<RecipeFacts, 'folder' | 'architecture'>;
    readonly mirror: string | undefined;
  },
): Promise<NamedSource[]> {
  const vendor = vendorOf(archives.suite);
  const signedBy = (path: string) => resolve(about.recipe.folder, path);
  const wishes = {
    vendor,
    override: about.mirror,
    recipe: archives.mirror,
    recipeSecurity: undefined,
    host: await hostSources(),
    fallback: await defaultArchive(archivePlaces(vendor, about.recipe.architecture)),
  };
  const mirror = requireMirror(wishes, { option: 'archives.mirror', stage: 'import' });
  return [
    ...suiteSources(mirror, {
      suite: archives.suite,
      components: archives.components,
      pockets: archives.pockets ?? defaultPockets(archives.suite),
      signedBy: signedBy(keyringOf(archives)),
    }),
    ...archiveSources(archives.more, ({ keyring }) => signedBy(keyring)),
  ];
}
