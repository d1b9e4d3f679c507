/**
 * Programs of Debian's packages that do the same on every architecture, and that installing packages and generating an initramfs start
 * thousands of times. What tells of which architecture it is, is none of them: `dpkg`, `uname`, `arch`, `ldconfig`, and bash, which has it in
 * variables. Perl tells it too, to who asks its module Config; scripts of packages do not.
 */

export const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  bzip2: ['bzip2'],
  coreutils: [
    ...['[', 'basename', 'cat', 'chgrp', 'chmod', 'chown', 'cksum', 'comm', 'cp', 'cut', 'date', 'dd', 'df'],
    ...['dirname', 'du', 'echo', 'env', 'expr', 'false', 'fold', 'head', 'id', 'install', 'join', 'ln', 'ls'],
    ...['md5sum', 'mkdir', 'mkfifo', 'mknod', 'mktemp', 'mv', 'nl', 'od', 'paste', 'printf', 'pwd'],
    ...['readlink', 'realpath', 'rm', 'rmdir', 'seq', 'sha1sum', 'sha256sum', 'sha512sum', 'sleep', 'sort'],
    ...['split', 'stat', 'sum', 'sync', 'tac', 'tail', 'tee', 'test', 'timeout', 'touch', 'tr', 'true'],
    ...['truncate', 'tsort', 'uniq', 'unlink', 'wc', 'whoami', 'yes'],
  ],
  cpio: ['cpio'],
  dash: ['dash'],
  debianutils: ['ischroot', 'run-parts', 'tempfile'],
  diffutils: ['cmp', 'diff'],
  dpkg: ['dpkg-deb', 'dpkg-split', 'start-stop-daemon', 'update-alternatives'],
  findutils: ['find', 'xargs'],
  grep: ['grep'],
  gzip: ['gzip'],
  kmod: ['kmod'],
  lz4: ['lz4'],
  mawk: ['mawk'],
  'perl-base': ['perl'],
  sed: ['sed'],
  tar: ['tar'],
  'util-linux': ['flock', 'getopt', 'mountpoint'],
  'xz-utils': ['xz'],
  zstd: ['zstd'],
};

/** Where packages have them, and a root tree whatever links there are between these. */
export const FOLDERS = ['usr/bin', 'bin', 'usr/sbin', 'sbin'] as const;
