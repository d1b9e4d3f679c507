/** How tar(1) writes the files of a system into a folder: owners by number, all modes, and every extended attribute that we may set. */
import type { Argv } from '../../base/ports.js';

export const EXTRACT: Argv = [
  'tar',
  ...['--extract', '--numeric-owner', '--same-owner', '--same-permissions'],
  ...['--xattrs', '--xattrs-include=*', '--delay-directory-restore'],
];
