/**
 * A LUN of a target host as a sparse file here: only what is no hole and no zeros comes over the wire. Called to take a client's LUN as a
 * release, or to keep it; nothing on the host is written.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { Span } from '../../artifacts/formats/ranges.js';
import { writeAll } from '../../artifacts/formats/sparse.js';
import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../host/host.js';
import { HEADER, MOST_RUN } from './frames.js';

const CHANGED = 0x63;

/**
 * A program for perl without modules. Its arguments: the disk, and whether what it prints goes through gzip. Prints frames, and behind the last a byte that tells whether the file was written to
 * meanwhile. Holes are skipped where lseek(2) knows of them (SEEK_DATA, 3); a block device is read as a whole.
 */
const READ = String.raw`use strict; use warnings;
my ($RUN, $PIECE) = (1 << 20, 1 << 16);
my ($path, $pack) = @ARGV;
open(my $disk, '<', $path) or die "$path: $!\n";
if ($pack) { open(STDOUT, '|-', 'gzip', '-1') or die "gzip: $!\n"; }
binmode $disk; binmode STDOUT;
my $before = (stat $disk)[9];
my $size = sysseek($disk, 0, 2) // die "$path: $!\n";
my $at = 0;
while ($at < $size) {
  if (-f $disk) {
    my $data = sysseek($disk, $at, 3);
    if (!defined $data) { last if $!{ENXIO}; } else { $at = $data - $data % $PIECE; }
  }
  sysseek($disk, $at, 0) // die "$path: $!\n";
  my $got = sysread($disk, my $bytes, $RUN) // die "$path: $!\n";
  last if $got == 0;
  for (my $i = 0; $i < $got; $i += $PIECE) {
    my $piece = substr($bytes, $i, $PIECE);
    next if ($piece =~ tr/\0//) == length $piece;
    my $where = $at + $i;
    print pack('NNN', int($where / 4294967296), $where % 4294967296, length $piece), $piece or die "$!\n";
  }
  $at += $got;
}
my $after = (stat $disk)[9];
print pack('NNN', int($size / 4294967296), $size % 4294967296, 0), $before == $after ? 'u' : 'c' or die "$!\n";
close(STDOUT) or die $pack ? "gzip failed\n" : "$!\n";
`;

export interface FetchedDisk {
  /** Bytes of the disk. */
  readonly bytes: number;
  /** What is neither hole nor zeros, in order. */
  readonly ranges: readonly Span[];
  /** sha256 of the bytes of these, one after the other. */
  readonly sha256: string;
}

/**
 * @param to absolute path of a file that is made, mode 0600
 * @param tell bytes up to which the disk was looked at
 * @throws Failure of kind `integrity` when the disk did not come whole, or was written to meanwhile; and as the host's `run`
 */
export async function fetchDisk(
  host: TargetHost,
  disk: string,
  to: string,
  tell: (done: number) => void,
): Promise<FetchedDisk> {
  const far = host.facts.transport.kind === 'ssh';
  await using file = await open(to, 'wx', 0o600);
  const frames = readFrames(file, tell);
  const doing = `read ${disk} of ${host.facts.name}`;
  const through = (sink: (bytes: Uint8Array) => Promise<void>) =>
    host.run(['perl', '-e', READ, disk, far ? '1' : ''], {
      doing,
      quiet: true,
      onBytes: sink,
    });
  if (far) await unpacked(through, frames.take, doing);
  else await through(frames.take);
  const end = frames.end();
  if (end === undefined) {
    throw new Failure('integrity', {
      what: `${disk} of ${host.facts.name} did not arrive whole.`,
      hint: 'Run the same command again.',
    });
  }
  if (end.changed) {
    throw new Failure('integrity', {
      what: `${disk} of ${host.facts.name} was written to while it was read.`,
      expected: 'a client that stays switched off',
      hint: 'Switch the client off, then run the same command again.',
    });
  }
  await file.truncate(end.bytes);
  return { bytes: end.bytes, ...frames.data() };
}

/** What goes through gzip on the other side. */
async function unpacked(
  through: (sink: (bytes: Uint8Array) => Promise<void>) => Promise<unknown>,
  take: (bytes: Uint8Array) => Promise<void>,
  doing: string,
): Promise<void> {
  const gunzip = createGunzip();
  const taken = (async () => {
    for await (const bytes of gunzip) await take(bytes as Buffer);
  })().catch((error: unknown) => error);
  await through(async (bytes) => {
    if (!gunzip.destroyed && !gunzip.write(bytes)) await Promise.race([once(gunzip, 'drain'), taken]);
  });
  gunzip.end();
  const error = await taken;
  if (error === undefined) return;
  if (error instanceof Failure) throw error;
  throw new Failure(
    'network',
    {
      what: `What the host prints is not what was asked for: could not ${doing}.`,
      found: (error as Error).message,
      hint: 'A start-up file of its shell may print something: see `npx lunsmith doctor`.',
    },
    { cause: error },
  );
}

function readFrames(file: FileHandle, tell: (done: number) => void) {
  let rest = Buffer.alloc(0);
  let found: { readonly bytes: number; readonly changed: boolean } | undefined;
  const sum = createHash('sha256');
  const ranges: { start: number; end: number }[] = [];
  const note = (start: number, bytes: Uint8Array) => {
    sum.update(bytes);
    const last = ranges.at(-1);
    if (last?.end === start) last.end += bytes.length;
    else ranges.push({ start, end: start + bytes.length });
  };
  return {
    take: async (bytes: Uint8Array) => {
      rest = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
      for (;;) {
        if (found !== undefined || rest.length < HEADER) return;
        const offset = rest.readUInt32BE(0) * 2 ** 32 + rest.readUInt32BE(4);
        const length = rest.readUInt32BE(8);
        if (length > MOST_RUN || !Number.isSafeInteger(offset)) throw notFrames();
        if (rest.length < HEADER + Math.max(length, 1)) return;
        const content = rest.subarray(HEADER, HEADER + length);
        if (length === 0) found = { bytes: offset, changed: rest[HEADER] === CHANGED };
        else {
          await writeAll(file, content, offset);
          note(offset, content);
        }
        tell(offset + length);
        rest = rest.subarray(HEADER + Math.max(length, 1));
      }
    },
    end: () => found,
    data: () => ({ ranges, sha256: sum.digest('hex') }),
  };
}

function notFrames(): Failure {
  return new Failure('integrity', {
    what: 'What the host sends of a disk is damaged.',
    hint: 'Run the same command again.',
  });
}
