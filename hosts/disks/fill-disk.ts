/**
 * Writes what was kept of a LUN to a disk of a target host that has nothing on it: only what is no hole goes over the wire, and what was
 * written is read there again and compared.
 */
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import type { Span } from '../../artifacts/formats/ranges.js';
import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../host/host.js';
import { frameHeader, MOST_RUN } from './frames.js';

/** What a disk shall hold; all else of it is zeros. */
export interface DiskContent {
  /** Of the disk. */
  readonly bytes: number;
  /** In order, without overlaps. */
  readonly ranges: readonly Span[];
  /** Of the bytes of all ranges, one after the other. */
  readonly sha256: string;
  /** These bytes. */
  data(): AsyncIterable<Uint8Array>;
}

/**
 * A program for perl without modules. Its arguments: the disk, and whether its input goes through gzip. Takes frames (frames.ts), reads what it
 * has written again, and lets sha256sum print the digest of that.
 */
const WRITE = String.raw`use strict; use warnings;
my ($path, $packed) = @ARGV;
my $in = \*STDIN;
if ($packed) { open($in, '-|', 'gzip', '-dc') or die "gzip: $!\n"; }
binmode $in;
open(my $disk, '+<', $path) or die "$path: $!\n";
sub take {
  my ($want) = @_;
  my $bytes = '';
  while (length $bytes < $want) {
    my $got = read($in, $bytes, $want - length $bytes, length $bytes) // die "$!\n";
    die "the end is missing\n" if $got == 0;
  }
  return $bytes;
}
my @runs;
while (1) {
  my ($high, $low, $length) = unpack('NNN', take(12));
  last if $length == 0;
  my $at = $high * 4294967296 + $low;
  my $bytes = take($length);
  sysseek($disk, $at, 0) // die "$path: $!\n";
  for (my $done = 0; $done < $length;) {
    $done += syswrite($disk, $bytes, $length - $done, $done) // die "$path: $!\n";
  }
  if (@runs && $runs[-1][1] == $at) { $runs[-1][1] += $length } else { push @runs, [$at, $at + $length] }
}
open(my $sum, '|-', 'sha256sum') or die "sha256sum: $!\n";
binmode $sum;
for my $run (@runs) {
  my ($at, $end) = @$run;
  sysseek($disk, $at, 0) // die "$path: $!\n";
  while ($at < $end) {
    my $got = sysread($disk, my $bytes, $end - $at < 1048576 ? $end - $at : 1048576) // die "$path: $!\n";
    die "$path: too short\n" if $got == 0;
    print $sum $bytes or die "$!\n";
    $at += $got;
  }
}
close($sum) or die "sha256sum failed\n";
`;

/**
 * @param path of a disk on the host that is as large as the content, and zeros
 * @param tell bytes that were sent
 * @throws Failure of kind `integrity` when something else stands there then; `space` when the host is full
 */
export async function fillDisk(
  host: TargetHost,
  path: string,
  content: DiskContent,
  tell: (done: number) => void,
): Promise<void> {
  const far = host.facts.transport.kind === 'ssh';
  const frames = framesOf(content, tell);
  const { stdout } = await host.run(['perl', '-e', WRITE, path, far ? '1' : ''], {
    doing: `write ${path} of ${host.facts.name}`,
    quiet: true,
    stream: far ? packed(frames) : frames,
  });
  const [found = ''] = stdout.split(' ');
  if (found === content.sha256) return;
  throw new Failure('integrity', {
    what: `What stands on ${path} of ${host.facts.name} is not what was sent. Clients see nothing of it.`,
    expected: `content with the sha256 ${content.sha256}`,
    found: found === '' ? 'no digest' : found,
    hint: 'Run the same command again. If it says the same, look at the memory and the disks of the host.',
  });
}

/** What the maker of the frames throws is thrown. */
async function* packed(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  const fed = pipeline(frames, gzip).catch((error: unknown) => gzip.destroy(error as Error));
  try {
    yield* gzip;
  } finally {
    gzip.destroy();
    await fed;
  }
}

/** Runs of bytes, none longer than a frame may be, and the end. */
async function* framesOf(
  { bytes, ranges, data }: DiskContent,
  tell: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let [index, at, done] = [0, ranges[0]?.start ?? 0, 0];
  for await (const piece of data()) {
    for (let from = 0; from < piece.length; ) {
      const range = ranges[index];
      if (range === undefined) throw new Error('a disk has more content than its ranges');
      const length = Math.min(MOST_RUN, piece.length - from, range.end - at);
      yield frameHeader(at, length);
      yield piece.subarray(from, from + length);
      from += length;
      at += length;
      done += length;
      if (at < range.end) continue;
      index += 1;
      at = ranges[index]?.start ?? 0;
    }
    tell(done);
  }
  yield frameHeader(bytes, 0);
}
