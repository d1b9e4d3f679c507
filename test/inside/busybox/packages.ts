/** Package management without a package manager: exactly the packages that are named, from Debian's signed archive. */
import { resolveRequest } from '../../../stages/distribution/debian/apt/resolve.js';
import type { PackageManager } from '../../../stages/distribution/topics.js';
import { unpackPackages } from './unpack.js';

export const packages: PackageManager = {
  names: { pattern: /^[a-z0-9][a-z0-9+.-]+$/, expected: 'the name of a package' },
  recommendations: false,
  requests: { pattern: /^[a-z0-9][a-z0-9+.-]+$/, expected: 'the name of a package' },
  resolve: resolveRequest,
  offers: () => Promise.resolve(false),
  install: unpackPackages,
  hold: () => Promise.reject(new Error('busybox holds no packages')),
};
