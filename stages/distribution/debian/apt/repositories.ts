/** Archives besides the one of the suite that a recipe names: what they have is resolved, locked and installed alike. */
import { readFile } from 'node:fs/promises';
import { extname, isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../../../base/failure.js';
import { urlSchema } from '../../../../base/schema/url.js';
import type { StageFinding } from '../../../../pipeline/stage.js';
import type { RootTree } from '../../../rootfs/tree.js';
import { keyringFileProblem, readWhole } from '../../keyring-file.js';
import { formatSource, type NamedSource } from './sources.js';

const url = urlSchema({
  pattern: '^https?://\\S+$',
  expected: 'a URL that begins with http:// or https://',
  instead: 'Give them by reference: `auth` of `debootstrap`.',
});

/** What is said of an archive wherever a recipe names one more. */
export const archiveSchema = z.strictObject({
  name: z
    .string()
    .regex(
      /^(?!main$|security$)[a-z][a-z0-9-]*$/,
      'a name of its own, such as `raspberrypi`; not `main`, not `security`',
    )
    .describe('What the lock calls it.'),
  url: url.describe('Its address.'),
  suite: z
    .string()
    .regex(/^([a-z][a-z0-9.-]*|([a-z0-9.-]+\/)*\/?)$/, 'the name of a suite, or a folder that ends in `/`')
    .describe('Its suite; of an archive without suites the folder of its index, such as `/` or `./`.'),
  components: z
    .array(z.string().regex(/^[a-z0-9-]+$/))
    .nonempty('at least one component')
    .optional()
    .describe('Its components. Default: `main`; none where `suite` is a folder.'),
  keyring: z
    .string()
    .min(1)
    .describe("Keys that may sign it: a path on this host, or one relative to the recipe's folder."),
});

const pinSchema = z.strictObject({
  priority: z
    .int()
    .min(-1000)
    .max(1000)
    .refine((priority) => priority !== 0, 'another priority than 0')
    .describe(
      'As apt_preferences(5) has it: below 500 the packages of the suite are preferred, below 100 nothing is taken that is not asked for as ' +
        '`NAME/SUITE`, below 0 nothing at all.',
    ),
  packages: z
    .array(z.string().regex(/^\S+$/, 'the name of a package, or a pattern such as `docker-*`'))
    .nonempty()
    .default(['*'])
    .describe('What it counts for.'),
});

export const repositorySchema = archiveSchema.extend({
  pin: pinSchema
    .optional()
    .describe('How its packages rank. Default: as those of the suite; the newest version wins.'),
});
export const repositoriesSchema = z.array(repositorySchema);
export type Archive = z.output<typeof archiveSchema>;
export type Repository = z.output<typeof repositorySchema>;

/** Paths of keyrings that belong to the recipe. */
export function keyringsOfRecipe(archives: readonly Pick<Archive, 'keyring'>[]): string[] {
  return archives.map(({ keyring }) => keyring).filter((path) => !isAbsolute(path));
}

/** @param signedBy path of an archive's keyring where the sources are used */
export function archiveSources(
  archives: readonly Archive[],
  signedBy: (archive: Archive) => string,
): NamedSource[] {
  return archives.map((each) => ({
    archive: each.name,
    uri: each.url.replace(/\/+$/, ''),
    // `./` is the folder itself, which not every server knows by that name.
    suite: each.suite.replace(/^(\.\/)+/, '') || '/',
    components: each.components ?? (each.suite.endsWith('/') ? [] : ['main']),
    signedBy: signedBy(each),
  }));
}

/** What is wrong with archives beyond their schema; paths lead from their list. @param folder the recipe's */
export function archiveFindings(archives: readonly Archive[], folder: string): StageFinding[] {
  return archives.flatMap(({ name, suite, components, keyring }, index): StageFinding[] => {
    const path = resolve(folder, keyring);
    const problem = keyringFileProblem(
      path,
      'Name another one: without its keys nothing of an archive is believed.',
    );
    return [
      ...(archives.slice(0, index).some((other) => other.name === name)
        ? [{ path: [index, 'name'], what: `Two archives have the name ${name}.` }]
        : []),
      ...(components !== undefined && suite.endsWith('/')
        ? [
            {
              path: [index, 'components'],
              what: `An archive without suites, as ${suite}, has no components.`,
            },
          ]
        : []),
      ...(problem === undefined ? wrongEnding(path) : [problem]).map((each) => ({
        path: [index, 'keyring'],
        ...each,
      })),
    ];
  });
}

/** apt takes a key in ASCII armour for one only from a file `*.asc`, see sources.list(5), Signed-By. */
function wrongEnding(path: string): Omit<StageFinding, 'path'>[] {
  const bytes = readWhole(path);
  if (!(bytes instanceof Uint8Array)) return [];
  const wanted = (bytes[0] ?? 0) >= 0x80 ? '.gpg' : '.asc';
  if (extname(path) === wanted) return [];
  return [
    {
      what: `apt would not read the keyring ${path}.`,
      expected: `a name that ends in ${wanted}, for it holds ${wanted === '.asc' ? 'a key in ASCII armour' : 'keys without ASCII armour'}`,
      hint: 'Rename it.',
    },
  ];
}

/** The archive of the suite. */
export interface OwnArchive {
  /** Who makes it. */
  readonly vendor: string;
  readonly url: string;
  readonly suite: string;
}

/**
 * apt_preferences(5) for those that have a pin. An archive is told by its host, by its suite where the suite's own has the same host.
 * @throws Failure of kind `recipe` for a pin that would count for that one too
 */
export function pinsText(repositories: readonly Repository[], own: OwnArchive): string {
  return repositories
    .flatMap(({ name, url: address, suite, pin }) => {
      if (pin === undefined) return [];
      const { hostname } = new URL(address);
      const beside = hostname === new URL(own.url).hostname;
      if (beside && (suite === own.suite || suite.endsWith('/'))) {
        throw new Failure('recipe', {
          what: `The pin of the archive ${name} would count for ${own.vendor} too.`,
          expected: 'another host, or another suite: apt tells archives by these',
          found: `${suite} at ${hostname}, as that of ${own.vendor}`,
        });
      }
      const which = beside ? `release n=${suite}` : `origin "${hostname}"`;
      return [`Package: ${pin.packages.join(' ')}\nPin: ${which}\nPin-Priority: ${pin.priority}\n`];
    })
    .join('\n');
}

/** Where the image has the keyring of a repository. */
function keyringInImage({ name, keyring }: Archive): string {
  return `/etc/apt/keyrings/${name}${extname(keyring)}`;
}

/** The repositories as files of /etc/apt: sources, keys, and preferences where one has a pin. */
export async function writeRepositories(
  tree: RootTree,
  repositories: readonly Repository[],
  about: { readonly folder: string; readonly own: OwnArchive },
): Promise<void> {
  const sources = archiveSources(repositories, keyringInImage);
  for (const [index, repository] of repositories.entries()) {
    const { name, keyring } = repository;
    await tree.write(keyringInImage(repository), await readFile(resolve(about.folder, keyring)));
    const source = sources[index];
    if (source !== undefined)
      await tree.write(`/etc/apt/sources.list.d/${name}.list`, `${formatSource(source)}\n`);
    const pins = pinsText([repository], about.own);
    if (pins !== '') await tree.write(`/etc/apt/preferences.d/${name}`, pins);
  }
}
