/**
 * A LUN of a client as one file, to be kept: a tar of two files that gzip packs, `lun.json`, which says whose it was, and `disk.img`, a
 * sparse file in GNU tar's PAX format 1.0. `tar -xzf FILE` gives both without lunsmith.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { Failure } from '../../base/failure.js';
import { openRegular } from '../../base/regular-file.js';
import { parseRecord } from '../../base/schema/record.js';
import type { Span } from './ranges.js';
import { type TarEntry, tarArchive } from './tar-write.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const lunFactsSchema = z.strictObject({
  format: z.literal('lunsmith-lun/1'),
  client: z.string(),
  image: z.string(),
  host: z.string(),
  /** Of the image, as its host called it. */
  generation: z.string(),
  /** It is no clone: it has begun with nothing on it. */
  blank: z.boolean(),
  /** The release that it is a clone of; of a blank one, the release of the installer beside it. */
  release: z.strictObject({ digest, recipe: z.string() }).optional(),
  /** Of the disk, holes included. */
  bytes: z.number().int().min(1),
  /** Bytes of it that are no holes. */
  data: z.number().int().min(0),
  /** Of these bytes, one after the other. */
  sha256: digest,
  /** RFC 3339, UTC. */
  at: z.iso.datetime(),
});
export type LunFacts = z.output<typeof lunFactsSchema>;

const FACTS = 'lun.json';
const DISK = 'disk.img';
/** No facts are larger. */
const MOST_FACTS = 1 << 20;
/** Bytes that are read at once. */
const PIECE = 1 << 20;
const RECORD = 512;

/** What is in an archive, but for the bytes of the disk. */
export interface LunArchive {
  readonly facts: LunFacts;
  /** What is no hole, in order. */
  readonly ranges: readonly Span[];
}

/** @param to absolute path of a file that is made, mode 0600 @param disk the file @param tell bytes that were packed */
export async function writeLunArchive(
  to: string,
  disk: string,
  { facts, ranges }: LunArchive,
  tell: (done: number) => void,
): Promise<void> {
  await using from = await open(disk, 'r');
  await using into = await open(to, 'wx', 0o600);
  const text = Buffer.from(`${JSON.stringify(facts, undefined, 2)}\n`);
  const file = (path: string) => ({
    ...{ path: Buffer.from(path), type: 'file' as const, mode: 0o600, uid: 0, gid: 0 },
    modified: BigInt(Date.parse(facts.at)) * 1_000_000n,
  });
  const entries: TarEntry[] = [
    {
      ...file(FACTS),
      content: {
        size: text.length,
        ranges: [{ start: 0, end: text.length }],
        read: () => Readable.from([text]),
      },
    },
    {
      ...file(DISK),
      content: { size: facts.bytes, ranges, read: () => piecesOf(from, ranges, tell) },
    },
  ];
  await pipeline(
    tarArchive(entries),
    createGzip({ level: constants.Z_BEST_SPEED }),
    into.createWriteStream({ flush: true }),
  );
}

async function* piecesOf(
  file: FileHandle,
  ranges: readonly Span[],
  tell: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for (const { start, end } of ranges) {
    for (let at = start; at < end; ) {
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(Math.min(PIECE, end - at)),
        0,
        undefined,
        at,
      );
      if (bytesRead === 0) throw new Error('a disk became shorter while it was packed');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
      done += bytesRead;
      tell(done);
    }
  }
}

/**
 * Reads all of an archive.
 * @param tell bytes of the disk that were read
 * @throws Failure of kind `usage` for a file that is none, `integrity` for one that is damaged
 */
export async function readLunArchive(path: string, tell: (done: number) => void): Promise<LunArchive> {
  let found: LunArchive | undefined;
  for await (const { facts, ranges, data } of inside(path)) {
    const sum = createHash('sha256');
    let done = 0;
    for await (const bytes of data) {
      sum.update(bytes);
      done += bytes.length;
      tell(done);
    }
    const sha256 = sum.digest('hex');
    if (done !== facts.data || sha256 !== facts.sha256)
      throw damaged(path, `${done} bytes with the sha256 ${sha256}`, `${facts.data} with ${facts.sha256}`);
    found = { facts, ranges };
  }
  if (found === undefined) throw noArchive(path, 'no disk in it');
  return found;
}

/** The bytes of all ranges, one after the other, of an archive that was read before. */
export async function* lunData(path: string): AsyncGenerator<Uint8Array> {
  for await (const { data } of inside(path)) yield* data;
}

type Entry = ReturnType<typeof extract> extends AsyncIterable<infer Each> ? Each : never;

interface Inside extends LunArchive {
  /** Has to be read to its end before the next step. */
  readonly data: AsyncIterable<Uint8Array>;
}

/** Its one disk; ends when all of the file was read. */
async function* inside(path: string): AsyncGenerator<Inside> {
  const file = await openRegular(path, { follow: true, kind: 'usage' }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? notThere(path) : error;
  });
  const archive = extract();
  const unpacked = pipeline(file.createReadStream(), createGunzip(), archive).catch(
    (error: unknown) => error,
  );
  let facts: LunFacts | undefined;
  const tell = async (error: unknown) => {
    if (error instanceof Failure) return error;
    const { code, message } = ((await unpacked) ?? error) as NodeJS.ErrnoException;
    return code === 'Z_DATA_ERROR' && facts === undefined ? noArchive(path, message) : damaged(path, message);
  };
  try {
    for await (const entry of archive) {
      if (facts === undefined) facts = await readFacts(path, entry);
      else {
        const { ranges, data } = await openDisk(path, entry, facts);
        yield { facts, ranges, data: telling(data, tell) };
      }
    }
    // What gzip says of all of it comes last.
    const broken = await unpacked;
    if (broken !== undefined) throw broken as Error;
  } catch (error) {
    throw await tell(error);
  } finally {
    archive.destroy();
  }
}

/** What is thrown while it is read is thrown where it is read. */
async function* telling(
  data: AsyncIterable<Uint8Array>,
  tell: (error: unknown) => Promise<Failure>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* data;
  } catch (error) {
    throw await tell(error);
  }
}

async function readFacts(path: string, entry: Entry): Promise<LunFacts> {
  const { name, size } = entry.header;
  if (name !== FACTS || size > MOST_FACTS) throw noArchive(path, `begins with ${name}`);
  const pieces: Uint8Array[] = [];
  for await (const bytes of entry) pieces.push(bytes as Buffer);
  const text = Buffer.concat(pieces).toString('utf8');
  return parseRecord(text, lunFactsSchema, {
    file: `${path}: ${FACTS}`,
    what: `What ${path} says of its LUN`,
  });
}

async function openDisk(
  path: string,
  entry: Entry,
  facts: LunFacts,
): Promise<Pick<Inside, 'ranges' | 'data'>> {
  const { name, size } = entry.header;
  const { pax } = entry.header as { readonly pax?: Readonly<Record<string, string>> | null };
  const sparse = pax?.['GNU.sparse.major'] === '1';
  if ((sparse ? pax['GNU.sparse.name'] : name) !== DISK) throw damaged(path, `another file: ${name}`);
  const bytes = sparse ? Number(pax['GNU.sparse.realsize']) : size;
  if (bytes !== facts.bytes) throw damaged(path, `a disk of ${bytes} bytes`, `${facts.bytes} bytes`);
  const pieces = entry[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  if (!sparse) return { ranges: [{ start: 0, end: bytes }], data: rest(pieces) };
  const { ranges, left } = await readMap(path, pieces, bytes);
  return { ranges, data: rest(pieces, left) };
}

async function* rest(pieces: AsyncIterator<Uint8Array>, first?: Uint8Array): AsyncGenerator<Uint8Array> {
  if (first !== undefined && first.length > 0) yield first;
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
}

/** How many pieces there are, then offset and length of each, a line each, in whole records. */
async function readMap(
  path: string,
  pieces: AsyncIterator<Uint8Array>,
  bytes: number,
): Promise<{ readonly ranges: Span[]; readonly left: Uint8Array }> {
  let had = Buffer.alloc(0);
  let at = 0;
  const number = async () => {
    for (;;) {
      const end = had.indexOf('\n', at);
      if (end >= 0) {
        const text = had.toString('latin1', at, end);
        at = end + 1;
        if (/^\d{1,15}$/.test(text)) return Number(text);
        throw damaged(path, 'no map of its holes');
      }
      const next = await pieces.next();
      if (next.done === true) throw damaged(path, 'a map of its holes that is cut short');
      had = Buffer.concat([had, next.value]);
    }
  };
  const count = await number();
  const ranges: Span[] = [];
  let last = 0;
  for (let index = 0; index < count; index += 1) {
    const start = await number();
    const end = start + (await number());
    if (start < last || end > bytes) throw damaged(path, 'a map of its holes that is out of order');
    if (end > start) ranges.push({ start, end });
    last = end;
  }
  const whole = Math.ceil(at / RECORD) * RECORD;
  while (had.length < whole) {
    const next = await pieces.next();
    if (next.done === true) throw damaged(path, 'a map of its holes that is cut short');
    had = Buffer.concat([had, next.value]);
  }
  return { ranges, left: had.subarray(whole) };
}

function notThere(path: string): Failure {
  return new Failure('usage', { what: `${path} is not there.`, expected: 'a LUN that was exported' });
}

function noArchive(path: string, found: string): Failure {
  return new Failure('usage', {
    what: `${path} is no LUN that was exported.`,
    expected: `a file of \`lunsmith client export\`: ${FACTS} and ${DISK} in a tar, packed by gzip`,
    found,
  });
}

function damaged(path: string, found: string, expected = 'what was exported'): Failure {
  return new Failure('integrity', {
    what: `${path} is damaged. Nothing was changed.`,
    expected,
    found,
    hint: 'Take another copy of it.',
  });
}
