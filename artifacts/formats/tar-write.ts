/**
 * A tar archive as a stream, in the pax format (pax(1), POSIX.1-2008): names of any length, times in nanoseconds; extended
 * attributes and sparse files as GNU tar writes and reads them (GNU tar manual, "Sparse Formats", PAX version 1.0).
 */

const RECORD = 512;
/** An archive ends with two empty records, and GNU tar reads twenty at once. */
const BLOCKING = 20 * RECORD;

export interface TarEntry {
  /** Relative to where it is unpacked, as bytes. */
  readonly path: Uint8Array;
  readonly type: 'file' | 'hard link' | 'symlink' | 'directory' | 'fifo';
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
  /** Of a link: what a symbolic one leads to, of a hard link the path of an entry before it. */
  readonly target?: Uint8Array;
  /** Extended attributes: full name and value. */
  readonly attributes?: readonly (readonly [name: string, value: Uint8Array])[];
  readonly content?: TarContent;
}

export interface TarContent {
  /** Bytes, holes included. */
  readonly size: number;
  /** What is not a hole, in order. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /** The bytes of all ranges, one after the other. */
  read(): AsyncIterable<Uint8Array>;
}

const TYPES: Readonly<Record<TarEntry['type'], string>> = {
  file: '0',
  'hard link': '1',
  symlink: '2',
  directory: '5',
  fifo: '6',
};

export async function* tarArchive(
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
): AsyncGenerator<Uint8Array> {
  let written = 0;
  for await (const entry of entries) {
    for await (const piece of tarEntry(entry)) {
      written += piece.length;
      yield piece;
    }
  }
  const end = written + 2 * RECORD;
  yield Buffer.alloc(2 * RECORD + ((BLOCKING - (end % BLOCKING)) % BLOCKING));
}

async function* tarEntry(entry: TarEntry): AsyncGenerator<Uint8Array> {
  const { content, modified } = entry;
  const sparse = content !== undefined && isSparse(content) ? sparseMap(content) : undefined;
  const length = content === undefined ? 0 : dataBytes(content) + (sparse?.length ?? 0);
  const records = Buffer.concat([
    ...(sparse === undefined || content === undefined
      ? [paxRecord('path', entry.path)]
      : [
          paxRecord('GNU.sparse.major', '1'),
          paxRecord('GNU.sparse.minor', '0'),
          paxRecord('GNU.sparse.name', entry.path),
          paxRecord('GNU.sparse.realsize', String(content.size)),
        ]),
    ...(entry.target === undefined ? [] : [paxRecord('linkpath', entry.target)]),
    paxRecord('uid', String(entry.uid)),
    paxRecord('gid', String(entry.gid)),
    paxRecord('size', String(length)),
    paxRecord('mtime', paxTime(modified)),
    ...(entry.attributes ?? []).map(([name, value]) => paxRecord(`SCHILY.xattr.${name}`, value)),
  ]);
  yield header({ name: 'pax', type: 'x', size: records.length, mode: 0o644 });
  yield padded(records);
  yield header({ name: 'entry', type: TYPES[entry.type], size: length, mode: entry.mode });
  if (content === undefined) return;
  if (sparse !== undefined) yield sparse;
  let done = 0;
  for await (const piece of content.read()) {
    done += piece.length;
    yield piece;
  }
  if (done !== dataBytes(content)) throw new Error('a tar entry got other bytes than its ranges hold');
  yield Buffer.alloc(padding(done));
}

/** Before 1970 whole seconds only: readers do not agree on the sign of a fraction. */
function paxTime(nanoseconds: bigint): string {
  const second = 1_000_000_000n;
  if (nanoseconds < 0n) return String((nanoseconds - second + 1n) / second);
  return `${nanoseconds / second}.${String(nanoseconds % second).padStart(9, '0')}`;
}

function dataBytes({ ranges }: TarContent): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

function isSparse(content: TarContent): boolean {
  return dataBytes(content) < content.size;
}

/** How many pieces, then offset and length of each, a line each; a file that ends in a hole has an empty last piece. */
function sparseMap({ ranges, size }: TarContent): Buffer {
  const pieces = ranges.map(({ start, end }) => [start, end - start] as const);
  const all = ranges.at(-1)?.end === size ? pieces : [...pieces, [size, 0] as const];
  return padded(Buffer.from([all.length, ...all.flat()].map((number) => `${number}\n`).join('')));
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string | Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = body.length;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

/** A ustar header; what the pax records before it say stands above what it says. */
function header(of: {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
}): Buffer {
  const block = Buffer.alloc(RECORD);
  const octal = (value: number, at: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  block.write(of.name, 0, 'latin1');
  octal(of.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  // Eleven digits; a larger size stands in the pax records alone.
  octal(of.size < 8 ** 11 ? of.size : 0, 124, 11);
  octal(0, 136, 11);
  block.write(' '.repeat(8), 148, 'latin1');
  block.write(of.type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padding(length: number): number {
  return (RECORD - (length % RECORD)) % RECORD;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(padding(bytes.length))]);
}
