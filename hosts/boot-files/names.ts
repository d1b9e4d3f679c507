/** Names that stand in scripts, labels, file names and menus alike. */
import { Failure } from '../../base/failure.js';
import type { ClientFacts } from '../site/facts.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const EXPECTED = 'at most 63 letters, digits, dots, dashes and underscores, the first a letter or a digit';
/** Folders beside those of the clients: no client can have such a name. */
export const TAKEN = ['by-mac', 'by-serial', 'by-uuid'];

/** @throws Failure of kind `usage` for a name that could be taken for something else */
export function checkNames({ name, images, menuSeconds }: ClientFacts): void {
  check('a client', name);
  if (TAKEN.includes(name)) throw unfit('a client', `another name than ${TAKEN.join(', ')}`, name);
  for (const image of images) {
    check('an image', image.name);
    if (image.channel !== undefined) check('a channel', image.channel);
  }
  if (Number.isInteger(menuSeconds) && menuSeconds >= 0 && menuSeconds <= 3600) return;
  throw new Failure('usage', {
    what: `The menu of the client ${name} cannot wait that long.`,
    expected: 'a whole number of seconds from 0, which is no menu, to 3600',
    found: String(menuSeconds),
  });
}

function check(what: string, name: string): void {
  if (!NAME.test(name)) throw unfit(what, EXPECTED, name);
}

function unfit(what: string, expected: string, name: string): Failure {
  return new Failure('usage', {
    what: `${JSON.stringify(name)} cannot be the name of ${what} in boot files.`,
    expected,
    found: JSON.stringify(name),
  });
}
