/** Seeded damage of texts and bytes: what a bad disk, a bad merge, another version or an attacker makes of them. */

/** Numbers from 0 to less than 1, the same for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = [
  ...[
    '',
    ' ',
    '\n',
    '\t',
    '"',
    "'",
    '\\',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '#',
    '- ',
    '${x}',
    '&a ',
    '*a',
    '<<',
    '~',
  ],
  ...[
    'null',
    'true',
    '-1',
    '1e999',
    '9007199254740993',
    '0x',
    '\u0000',
    '\u001b[2J',
    '\u202e',
    '\ud800',
    '😀',
  ],
  ...['__proto__', 'constructor', '../../etc/passwd', '/dev/zero', 'a'.repeat(5000), '['.repeat(3000)],
];

/** Values that may stand where another was expected. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    '',
    0,
    -1,
    1.5,
    Number.MAX_SAFE_INTEGER,
    [],
    {},
    [[]],
    'x',
    '../x',
    '\u001b[2J',
    'a'.repeat(5000),
  ],
  { __proto__: null, path: '..' },
];

type Pick = (below: number) => number;

/** One to three changes. */
export function mutate(original: Buffer, random: () => number): Buffer {
  const pick: Pick = (below) => Math.floor(random() * below);
  let bytes = original;
  for (let left = 1 + pick(3); left > 0; left -= 1) bytes = changeOnce(bytes, original, pick);
  return bytes;
}

function changeOnce(bytes: Buffer, original: Buffer, pick: Pick): Buffer {
  const at = pick(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + pick(20));
  const word = Buffer.from(WORDS[pick(WORDS.length)] ?? '');
  switch (pick(8)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[pick(changed.length)] = pick(256);
      return changed;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 5: {
      const from = pick(original.length + 1);
      return Buffer.concat([
        bytes.subarray(0, at),
        original.subarray(from, from + pick(200)),
        bytes.subarray(to),
      ]);
    }
    default:
      return changeValue(bytes, pick) ?? Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(to)]);
  }
}

/** Another value, one key more or one less, somewhere in a JSON text; undefined for any other text. */
function changeValue(bytes: Buffer, pick: Pick): Buffer | undefined {
  let root: unknown;
  try {
    root = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  const places: { readonly in: Record<string, unknown>; readonly key: string }[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ in: value as Record<string, unknown>, key });
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(root);
  const place = places[pick(places.length)];
  if (place === undefined) return undefined;
  const how = pick(4);
  if (how === 0) Reflect.deleteProperty(place.in, place.key);
  else if (how === 1) place.in[`${place.key}x`] = VALUES[pick(VALUES.length)];
  else place.in[place.key] = VALUES[pick(VALUES.length)];
  return Buffer.from(JSON.stringify(root, undefined, 1));
}
