/** What a recipe may say of the base system of Arch Linux. */
import { z } from 'zod';
import { daySchema } from '../../base/schema/day.js';
import { urlSchema } from '../../base/schema/url.js';
import { REQUESTS } from '../distribution/arch/pacman/names.js';

const server = urlSchema({
  pattern: String.raw`^(https?|file):\/\/\S*\$repo\S*$`,
  expected: 'a URL with `$repo` in it, as a mirrorlist has it',
  instead: 'Name a server that asks nobody who he is, such as one of your own.',
});

export const options = z.strictObject({
  mirrors: z
    .array(server)
    .nonempty('at least one server')
    .optional()
    .describe(
      'Servers, in the order in which they are asked for databases and for each package, as a mirrorlist has them: ' +
        '`https://mirror.example.org/archlinux/$repo/os/$arch`. Default: /etc/pacman.d/mirrorlist of this host. `--mirror` on the command ' +
        'line overrides them for the build alone, not in the image.',
    ),
  snapshot: daySchema
    .optional()
    .describe(
      'Day of an archive that keeps old packages: each server has `$snapshot` in its URL, which becomes `2026/11/01`. To that of ' +
        '`--mirror` it is added where it has no `$repo`.',
    ),
  'image-mirrors': z
    .array(server)
    .nonempty('at least one server')
    .optional()
    .describe('Servers to name in /etc/pacman.d/mirrorlist of the image. Default: `mirrors`.'),
  repositories: z
    .array(z.string().regex(/^[A-Za-z0-9@_][A-Za-z0-9@._+-]*$/, 'the name of a repository, such as core'))
    .nonempty('at least one repository')
    .default(['core', 'extra'])
    .describe('Repositories; the first that has a package wins.'),
  include: z
    .array(z.string().regex(REQUESTS.pattern, REQUESTS.expected))
    .nonempty('at least one package')
    .default(['base'])
    .describe('Packages to begin with, with all that they depend on: names, groups, or `NAME=VERSION`.'),
  keyring: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Keys that packages must be signed by: a path on this host, or one relative to the recipe's folder; beside it may lie `NAME-trusted` " +
        'and `NAME-revoked`, without which each of its keys is trusted. Default: the keyring of Arch Linux on this host.',
    ),
  'database-signature': z
    .enum(['required', 'optional'])
    .default('required')
    .describe(
      'Whether the databases must be signed as well. Arch Linux signs its packages, which is required in any case, and not its databases: ' +
        'its mirrors need `optional`.',
    ),
});

export type Options = z.output<typeof options>;
