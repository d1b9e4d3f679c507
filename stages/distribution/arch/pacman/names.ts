/** How packages and groups of Arch Linux are called and asked for (PKGBUILD(5)). */
import type { Wording } from '../../topics.js';

export const NAMES: Wording = {
  pattern: /^[a-z0-9@_][a-z0-9@._+-]*$/,
  expected: 'the name of a package, such as openssh',
};

export const REQUESTS: Wording = {
  pattern: /^[a-z0-9@_][a-z0-9@._+-]*(=[A-Za-z0-9._+:]+(-[0-9.]+)?)?$/,
  expected: 'the name of a package or group, such as openssh, or NAME=VERSION',
};
