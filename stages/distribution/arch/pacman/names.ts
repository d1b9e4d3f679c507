/** How packages and groups of Arch Linux are asked for (PKGBUILD(5)). */
export const REQUESTS = {
  pattern: /^[a-z0-9@_][a-z0-9@._+-]*(=[A-Za-z0-9._+:]+(-[0-9.]+)?)?$/,
  expected: 'the name of a package or group, such as openssh, or NAME=VERSION',
};
