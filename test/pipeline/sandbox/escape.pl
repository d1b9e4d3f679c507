# Tries to leave the world that it finds itself in, and prints what it reached: one line a try. Called as
# `escape.pl HOST_FOLDER AGENT_SOCKET ABSTRACT_NAME PORT HOST_PID`, all of the host.
use strict;
use warnings;

my ($folder, $agent, $abstract, $port, $pid) = @ARGV;
my %call = (
    ptrace => 101, mknod => 133, mount => 165, umount2 => 166, keyctl => 250, unshare => 272, open_by_handle_at => 304, clone3 => 435,
);
my ($NEWNS, $NEWUSER, $REMOUNT, $BIND) = (0x20000, 0x10000000, 32, 4096);

sub found { my ($name, $what) = @_; print "$name: $what\n" }
sub outcome { $_[0] ? 'DONE' : "$!" }
sub try { my ($name, $number, @rest) = @_; found($name, outcome(syscall($number, @rest) != -1)) }
sub content { my ($path) = @_; open(my $file, '<', $path) or return ''; local $/; my $text = <$file>; defined $text ? $text : '' }

# What was inherited, before anything is opened here.
opendir(my $fds, '/proc/self/fd') or die;
my @open = grep { /^\d+$/ && $_ > 2 && (readlink("/proc/self/fd/$_") // '') !~ m{^/proc/\d+/fd$} } readdir $fds;
closedir $fds;
found('inherited', join ' ', map { "$_=" . (readlink("/proc/self/fd/$_") // '') } @open);
found('environment', join ' ', sort keys %ENV);

# The classic: a root below the current folder, then up and up.
mkdir '/escape';
found('chroot', outcome(chroot '/escape'));
chdir '..' for 1 .. 64;
found('chroot up', outcome(chroot '.'));
rmdir '/escape';

my @places = ('', '/proc/1/root', '/proc/self/root', '/proc/1/cwd', '/oldroot', '/..');
found('host files', join ' ', grep { -e "$_$folder/secret" } @places);
for my $place (@places) { open(my $file, '>', "$place$folder/written") }

opendir(my $proc_folder, '/proc') or die;
my @processes = map { "/proc/$_" } grep { /^\d+$/ } readdir $proc_folder;
found('others', scalar grep { $_ ne "/proc/$$" && $_ ne '/proc/1' } @processes);
found('secrets', scalar grep { content("$_/environ") =~ /CANARY/ } @processes);
found('first process', join ' ', sort map { s/=.*//sr } split /\0/, content('/proc/1/environ'));

found('kill', outcome(kill 0, $pid));
try('ptrace', $call{ptrace}, 16, $pid, 0, 0);
found('memory', outcome(open(my $memory, '+<', "/proc/$pid/mem")));

sub reach {
    my ($name, $family, $address) = @_;
    socket(my $socket, $family, 1, 0) or return found($name, "$!");
    found($name, outcome(connect($socket, $address)));
}
reach('agent', 1, pack('S a108', 1, $agent));
reach('abstract socket', 1, pack('S a108', 1, "\0$abstract"));
reach('loopback', 2, pack('S n C4 x8', 2, $port, 127, 0, 0, 1));
reach('hypervisor', 40, pack('S S L L C4', 40, 0, 22, 2, 0, 0, 0, 0));
found('interfaces', join ' ', grep { $_ ne 'lo' } map { /^\s*(\S+):/ ? $1 : () } split /\n/, content('/proc/net/dev'));

# Mounts: a new one, what may be uncovered, what may become writable.
my ($tmpfs, $proc, $none) = ('tmpfs', 'proc', '');
try('mount', $call{mount}, $tmpfs, '/tmp', $tmpfs, 0, $none);
try('mount proc', $call{mount}, $proc, '/proc', $proc, 0, $none);
try('make /proc writable', $call{mount}, $none, '/proc', $none, $REMOUNT | $BIND, $none);
try('make /usr writable', $call{mount}, $none, '/usr', $none, $REMOUNT | $BIND, $none);
try('uncover', $call{umount2}, '/proc', 2);
try('mount namespace', $call{unshare}, $NEWNS);
try('user namespace', $call{unshare}, $NEWUSER);
try('clone3', $call{clone3}, 0, 0);
try('device', $call{mknod}, '/tmp/device', 0060666, 0x100);

# What belongs to the host's id 0, and what has no namespaces.
for my $file (qw(/proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches)) {
    found($file, outcome(open(my $opened, '>>', $file)));
}
try('keys', $call{keyctl}, 0, -3, 0);
try('keys by x32', 0x40000000 + $call{keyctl}, 0, -3, 0);
try('handles', $call{open_by_handle_at}, 0, 0, 0);
found('written /usr', outcome(open(my $usr, '>', '/usr/written')));
my ($status) = content('/proc/self/status') =~ /^NoNewPrivs:\s+(\d)/m;
found('no_new_privs', $status);
