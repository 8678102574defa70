# Runs a program to its end, and waits for all that it leaves behind: shells that end a moment later count, too. Prints
# what that took as JSON, in milliseconds: until the program ended, and of all processors together.
#
#     perl spent.pl PRCTL GETRUSAGE PROGRAM ARGUMENTS...    the numbers of these system calls on this machine
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($prctl, $getrusage, @command) = @ARGV;
my ($set_child_subreaper, $children) = (36, -1);
syscall($prctl + 0, $set_child_subreaper, 1, 0, 0, 0) == 0 or die "prctl: $!";
my $began = clock_gettime(CLOCK_MONOTONIC);
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    open STDOUT, '>', '/dev/null';
    exec { $command[0] } @command or exit 127;
}
waitpid $pid, 0;
my $status = $?;
my $wall = clock_gettime(CLOCK_MONOTONIC) - $began;
1 while wait != -1;
my $usage = "\0" x 144;
syscall($getrusage + 0, $children, $usage) == 0 or die "getrusage: $!";
my ($user, $user_us, $system, $system_us) = unpack 'q4', $usage;
printf qq({"status":%d,"wallMs":%.3f,"cpuMs":%.3f}\n), $status, $wall * 1000,
    ($user + $system) * 1000 + ($user_us + $system_us) / 1000;
