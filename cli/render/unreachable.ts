/** Ends a switch over all members of a union: the compiler refuses it while a member is left. */
export function unreachable(value: never): never {
  throw new TypeError(`Unknown form of output: ${JSON.stringify(value)}`);
}
