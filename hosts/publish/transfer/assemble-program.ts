/** What puts the files of a release together on the host: one process, since a release has thousands of runs of blocks. */

/**
 * A program for the perl that is essential on Debian: no module but POSIX. Arguments: root, folder of the chunks, their
 * suffix, command that unpacks, command that digests. Follows the plan in `work/plan` and writes `work/release` and, when the
 * plan names the literals' digests, `work/index/blocks`. Blocks are shared with their source where the file system
 * can (ioctl_ficlonerange(2)). A child reads back what was written and digests it while the next is written.
 * Exit code 3: something is damaged, and was named.
 */
export const ASSEMBLE = String.raw`use strict; use warnings; use POSIX ();
my ($root, $incoming, $suffix, $unpack, $hasher) = @ARGV;
my $work = "$incoming/work";
my ($BLOCK, $DIGEST, $PIECE, $FICLONERANGE) = (4096, 8, 1 << 20, 0x4020940D);
$| = 1;
my $path = 'the plan';
# An ordinary exit waits for the children, and these for each other.
sub fail { print STDERR "$path: $_[0]: $!\n"; POSIX::_exit(1) }
sub damaged { print "damaged $path\n"; POSIX::_exit(3) }

sub put {
  my ($to, $buffer) = @_;
  for (my $done = 0; $done < length $buffer;) {
    $done += syswrite($to, $buffer, length($buffer) - $done, $done) // fail('cannot write');
  }
}
# Copies as far as the source reaches; a position that is not given is where the source stands.
sub copy {
  my ($from, $at, $to, $where, $left) = @_;
  sysseek($from, $at, 0) if defined $at;
  sysseek($to, $where, 0);
  while ($left > 0) {
    my $got = sysread($from, my $buffer, $left < $PIECE ? $left : $PIECE) // fail('cannot read');
    last if $got == 0;
    put($to, $buffer);
    $left -= $got;
  }
  return $left;
}

# Digests ranges of a file that arrive as lines, in a child.
sub digest_of {
  my ($file, $sum) = @_;
  my $child = open(my $ranges, '|-') // fail('cannot fork');
  return $ranges if $child;
  $SIG{PIPE} = 'DEFAULT';
  open(my $from, '<', $file) or exit 1;
  open(my $to, '|-', 'sh', '-c', $hasher . ' >"$1"', 'sh', $sum) or exit 1;
  while (my $line = <STDIN>) {
    my ($at, $left) = split ' ', $line;
    sysseek($from, $at, 0);
    while ($left > 0) {
      my $got = sysread($from, my $buffer, $left < $PIECE ? $left : $PIECE) // exit 1;
      last if $got == 0;
      put($to, $buffer);
      $left -= $got;
    }
  }
  exit(close($to) ? 0 : 1);
}

open(my $plan, '<', "$work/plan") or fail('cannot open');
my (@chunks, $digests, $index, $index_again, $literals);
my @source = ({});
my ($file, $first, $whole, $sum, $bytes, $end, $ranges, $start, $shares) = ();
my ($written, $told) = (0, 0);

sub begin_index {
  return unless defined $digests;
  open(my $packed, '-|', 'sh', '-c', $unpack . ' <"$1"', 'sh', "$incoming/$digests$suffix") or fail('cannot unpack');
  $digests = $packed;
  open($index, '>', "$work/index/blocks") or fail('cannot create the index');
  open($index_again, '<', "$work/index/blocks") or fail('cannot open the index');
}
sub begin_literals {
  my $script = 'unpack=$1; shift; for each; do $unpack <"$each" || exit 1; done';
  open($literals, '-|', 'sh', '-c', $script, 'sh', $unpack, map { "$incoming/$_$suffix" } @chunks) or fail('cannot unpack');
}
sub make_folders {
  my ($name) = @_;
  while ($name =~ m{/}g) { mkdir("$work/release/" . substr($name, 0, pos($name) - 1)) }
}
sub tell_range {
  return unless defined $start && $end > $start;
  my $to = $end * $BLOCK < $bytes ? $end * $BLOCK : $bytes;
  put($ranges, $start * $BLOCK . ' ' . ($to - $start * $BLOCK) . "\n");
  $start = $end;
}
# What was written is right when its digest is.
sub check {
  return unless defined $ranges;
  if ($file) { truncate($file, $bytes) or fail('cannot truncate'); close($file) or fail('cannot close') }
  if ($whole) { put($ranges, "0 $bytes\n") } else { tell_range() }
  close($ranges) or damaged();
  open(my $result, '<', "$work/sum") or fail('cannot open the digest');
  my ($found) = split ' ', <$result> // '';
  damaged() unless defined $found && $found eq $sum;
  $ranges = undef;
}
sub begin {
  ($bytes, $first, $whole, $sum, $path) = @_;
  make_folders($path);
  ($start, $end) = (undef, 0);
}

while (my $line = <$plan>) {
  chomp $line;
  my ($word, $rest) = split / /, $line, 2;
  if ($word eq 'c') { push @chunks, $rest }
  elsif ($word eq 'd') { $digests = $rest }
  elsif ($word eq 's' || $word eq 'o') {
    begin_index() if @source == 1;
    my ($from, $of, $name) = split / /, $rest, $word eq 's' ? 3 : 2;
    my %new = (first => $from, next => 0);
    if ($word eq 's') {
      $path = $name;
      open($new{file}, '<', "$root/releases/$of/$name") or damaged();
      if (defined $index) { open($new{index}, '<', "$root/indexes/$of/blocks") or damaged() }
    } else { $new{own} = $of }
    push @source, \%new;
  }
  elsif ($word eq 'l') {
    check();
    begin_index() if @source == 1 && !defined $index;
    my ($from, $size, $at, $expected, $of, $name) = split / /, $rest, 6;
    begin($size, $at, 1, $expected, $name);
    $file = undef;
    link("$root/releases/$of/$name", "$work/release/$name") or damaged();
    if (defined $index) {
      open(my $theirs, '<', "$root/indexes/$of/blocks") or damaged();
      copy($theirs, $from * $DIGEST, $index, $at * $DIGEST, int(($size + $BLOCK - 1) / $BLOCK) * $DIGEST);
    }
    $ranges = digest_of("$work/release/$name", "$work/sum");
  }
  elsif ($word eq 'f') {
    check();
    begin_index() if @source == 1 && !defined $index;
    my ($size, $at, $kind, $expected, $name) = split / /, $rest, 5;
    begin($size, $at, $kind eq 'whole', $expected, $name);
    open($file, '>', "$work/release/$name") or fail('cannot create');
    truncate($file, $bytes) or fail('cannot truncate');
    $ranges = digest_of("$work/release/$name", "$work/sum");
    $shares = 1;
  }
  else {
    my ($gap, $count, $jump) = split / /, $rest;
    my $to = $end + $gap;
    if ($gap > 0 || !defined $start || $end - $start >= 1024) { tell_range() unless $whole; $start = $to }
    my ($where, $length) = ($to * $BLOCK, $count * $BLOCK);
    if ($word eq '0') {
      begin_literals() unless defined $literals;
      damaged() if copy($literals, undef, $file, $where, $length) > 0;
      copy($digests, undef, $index, ($first + $to) * $DIGEST, $count * $DIGEST) if defined $index;
    } else {
      my $from = $source[$word];
      if (defined $from->{own} && !$from->{file}) {
        open($from->{file}, '<', "$work/release/$from->{own}") or fail('cannot open again');
        $from->{index} = $index_again;
      }
      my $at = $from->{next} + $jump;
      $from->{next} = $at + $count;
      my $request = pack('qQQQ', fileno($from->{file}), $at * $BLOCK, $length, $where);
      $shares = $shares && ioctl($file, $FICLONERANGE, $request);
      copy($from->{file}, $at * $BLOCK, $file, $where, $length) unless $shares;
      if (defined $index) {
        copy($from->{index}, ($from->{first} + $at) * $DIGEST, $index, ($first + $to) * $DIGEST, $count * $DIGEST);
      }
    }
    $end = $to + $count;
    $written += $length;
    if ($written - $told >= 1 << 25) { print "at $written\n"; $told = $written }
  }
}
check();
`;
