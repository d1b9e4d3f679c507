/** What dpkg, apt and debconf leave behind. */
import type { Traces } from '../topics.js';

export const traces: Traces = {
  removed: [
    '/var/cache/apt/pkgcache.bin',
    '/var/cache/apt/srcpkgcache.bin',
    '/var/cache/debconf/config.dat-old',
    '/var/cache/debconf/tmp.ci',
    '/var/cache/debconf/passwords.dat-old',
    '/var/cache/debconf/templates.dat-old',
    '/var/lib/apt/periodic',
    '/var/lib/dpkg/available-old',
    '/var/lib/dpkg/diversions-old',
    '/var/lib/dpkg/statoverride-old',
    '/var/lib/dpkg/status-old',
  ],
  emptied: ['/var/backups', '/var/cache/apt/archives', '/var/lib/apt/lists'],
  // apt wants to find them.
  kept: ['/var/cache/apt/archives/partial', '/var/lib/apt/lists/partial'],
};
