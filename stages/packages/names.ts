/** How names of packages are written in any distribution; what else is wrong with one, each distribution says itself. */
import { z } from 'zod';

export const packageName = z
  .string()
  .regex(/^[a-z0-9@_][a-z0-9@._+-]+$/, 'the name of a package, such as ca-certificates');

/** A name, with an architecture, a version or a suite if need be: `libc6:amd64`, `nginx=1.22.1-9`, `nginx/bookworm-updates`. */
export const packageRequest = z
  .string()
  .regex(
    /^[a-z0-9@_][a-z0-9@._+-]+(:[a-z0-9]+)?([=/][A-Za-z0-9._+:~-]+)?$/,
    'the name of a package, such as ca-certificates, or NAME=VERSION, or NAME/SUITE',
  );
