/** Options of the commands that have to do with a target host. */
import { Option } from '@commander-js/extra-typings';

export const siteOption = () =>
  new Option(
    '--site <file>',
    'the site file (default: lunsmith.yaml of this folder, or of the nearest one above)',
  ).env('LUNSMITH_SITE');

export const onOption = () =>
  new Option('--on <host>', 'the target host, by its name in the site (default: the only one)');

export const dryRunOption = () => new Option('--dry-run', 'tell all that would change, and change nothing');

export const yesOption = () =>
  new Option('--yes', 'LUNs may be taken from clients, with all that was written to them');

export const makeSecretsOption = () =>
  new Option(
    '--make-secrets',
    'make the CHAP secrets whose files (file:PATH) are not there yet, each with mode 0600',
  );

export const purgeOption = () =>
  new Option('--purge', 'remove the LUNs at once: nothing can be brought back');
