/** Which step of a build a difference points at. */
import type { Difference } from './difference.js';

interface Rule {
  readonly path: RegExp;
  readonly hint: string;
}

const step = (name: string, why: string) => `Look at the step \`${name}\`: ${why}.`;

/** Files of the root tree whose origin is known; the first rule that matches counts. */
const RULES: readonly Rule[] = [
  { path: /^\/boot\/init(?:rd|ramfs)/, hint: step('initramfs', 'it writes the initramfs') },
  { path: /^\/etc\/fstab$/, hint: step('fstab', 'it writes this file') },
  { path: /^\/etc\/(hostname|hosts)$/, hint: step('hostname', 'it writes this file') },
  { path: /^\/etc\/(network|systemd\/network|resolv\.conf)/, hint: step('network', 'it writes this file') },
  { path: /^\/etc\/sysctl\.d\/60-/, hint: step('sysctl', 'it writes this file') },
  {
    path: /^\/(var\/lib\/cloud\/seed|etc\/cloud\/cloud\.cfg\.d\/99-lunsmith)/,
    hint: step('cloud-init', 'it writes this file'),
  },
  { path: /^\/etc\/iscsi/, hint: step('iscsi-initiator', 'it writes this file') },
  {
    path: /^\/etc\/g?shadow-?$/,
    hint: step('users', 'a password hash with a new salt or the day of the last change'),
  },
  { path: /^\/etc\/(passwd|group|sub[ug]id)-?$/, hint: step('users', 'it or a package adds accounts') },
  {
    path: /^\/(etc\/locale|etc\/default\/locale|usr\/lib\/locale)/,
    hint: step('locale', 'it writes this file'),
  },
  {
    path: /^\/(etc\/machine-id$|etc\/ssh\/ssh_host_|var\/lib\/systemd\/random-seed|var\/lib\/dbus\/machine-id)/,
    hint: step('seal', 'it should have removed what identifies one machine'),
  },
  {
    path: /^\/var\/(cache|log|tmp)\/|^\/tmp\//,
    hint: step('seal', 'it should have removed caches and logs that packages leave'),
  },
  {
    path: /^\/var\/lib\/(dpkg|apt|pacman)\//,
    hint: step('packages', 'the package manager writes this file'),
  },
];

export function culprit({ file, role, part = '', path }: Difference): string {
  if (role === 'initramfs') return step('initramfs', 'it writes the initramfs');
  if (file === 'manifest.json') return manifestCulprit(part);
  if (role === 'kernel') return step('boot-artifacts', 'it takes this file from the root tree');
  if (role === 'other') return 'Look at the hook that adds this file.';
  if (role !== 'lun-image') return step('boot-artifacts', 'it writes this file');
  if (/^(?:access|change|creation) time/.test(part)) {
    return step('lun-image', 'it sets these times to the epoch');
  }
  if (part.startsWith('modification time')) {
    return step('seal', 'it sets times that are later than the epoch to it');
  }
  if (path === undefined)
    return step('lun-image', 'it writes the disk, its boot loader and its file systems');
  return (
    RULES.find((rule) => rule.path.test(path))?.hint ??
    'Look at the step that writes this file (packages, files or run): a date, a random number or the order of a directory ends up in it.'
  );
}

function manifestCulprit(part: string): string {
  if (part.startsWith('disk.')) return step('lun-image', 'it lays out the disk');
  if (part.startsWith('packages')) return 'Lock the packages: npx lunsmith lock RECIPE.';
  if (part.startsWith('recipe') || part === 'epoch') return 'The recipe was changed between the builds.';
  if (part.startsWith('tools') || part === 'lunsmith')
    return 'A tool of this host was updated between the builds.';
  return step('boot-artifacts', 'it records kernel and command line');
}
