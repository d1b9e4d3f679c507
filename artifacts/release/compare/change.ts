/** One thing that two releases have in different ways. */
export interface Change {
  readonly what: string;
  /** Absent where only the other release has it. */
  readonly old?: string;
  readonly new?: string;
}

/** The change of a value, if it is one. */
export function change(what: string, old: string | undefined, now: string | undefined): Change[] {
  if (old === now) return [];
  return [{ what, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) }];
}

/** Things of two lists with the same key, in the order of the keys. */
export function pair<T>(
  a: readonly T[],
  b: readonly T[],
  keyOf: (each: T) => string,
): { readonly key: string; readonly old?: T; readonly now?: T }[] {
  const [left, right] = [a, b].map((list) => new Map(list.map((each) => [keyOf(each), each])));
  const keys = [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])].sort();
  return keys.map((key) => {
    const [old, now] = [left?.get(key), right?.get(key)];
    return { key, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { now }) };
  });
}
