/** What the verbs of `lunsmith client` that change something have in common. */
import { type Command, Option } from '@commander-js/extra-typings';
import { jsonOption, plainOption, verboseOption } from '../../options.js';
import { dryRunOption, siteOption } from '../../site-options.js';

/** What all commands that change something take. */
export function changing(parent: Command, name: string, summary: string, description: string) {
  return parent
    .command(name)
    .summary(summary)
    .description(description)
    .addOption(siteOption())
    .addOption(dryRunOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption());
}

/** Of those that may be about many clients. */
export function changingMany(parent: Command, name: string, summary: string, description: string) {
  return changing(parent, name, summary, description)
    .argument('[clients...]', 'their names in the site, or ranges such as web[01-30]')
    .option('--all', 'all clients of the site');
}

export const imageOption = () => new Option('--image <image>', 'one of the images (default: all)');

export function purgeOf({ purge }: { readonly purge?: true | undefined }): { readonly purge?: true } {
  return purge === true ? { purge } : {};
}
