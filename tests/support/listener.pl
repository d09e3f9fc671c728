# listener.pl closed|silent|proxy|gate [LOG|PORT]: prints a port of 127.0.0.1, and except for the first the pid of what
# stands behind it.
#   closed   there is no listener
#   silent   connections are made, by the kernel, and the server never says a word
#   proxy    an HTTP proxy for CONNECT, which leads to the same port of 127.0.0.1 whatever the name; LOG gets each
#            request's bytes
#   gate     leads PORT of 127.0.0.2 to the same port of 127.0.0.1; its connections end with the group of its pid
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($mode, $log) = @ARGV;
my @place = $mode eq "gate" ? ("127.0.0.2", $log) : ("127.0.0.1", 0);
my $listener = IO::Socket::INET->new(LocalAddr => $place[0], LocalPort => $place[1], ReuseAddr => 1, Listen => 64)
    or die "listen: $!\n";
my $port = $listener->sockport;

if ($mode eq "closed") {
    close($listener);
    print "$port\n";
    exit 0;
}

my $pid = fork() // die "fork: $!\n";
if ($pid) {
    print "$port $pid\n";
    exit 0;
}
open(STDIN, "<", "/dev/null");
open(STDOUT, ">", "/dev/null");
open(STDERR, ">", "/dev/null");
alarm 300; # whatever becomes of the test
$SIG{CHLD} = "IGNORE";

if ($mode eq "silent") {
    sleep 300;
    exit 0;
}

sub head_of {
    my ($client) = @_;
    my $head = "";
    while ($head !~ /\r\n\r\n/) {
        sysread($client, $head, 4096, length $head) or exit 0;
    }
    return $head;
}

sub shuttle {
    my ($client, $server) = @_;
    my $select = IO::Select->new($client, $server);
    while (my @ready = $select->can_read) {
        for my $from (@ready) {
            sysread($from, my $bytes, 65536) or exit 0;
            my $to = $from == $client ? $server : $client;
            for (my $at = 0; $at < length $bytes;) {
                $at += syswrite($to, $bytes, length($bytes) - $at, $at) // exit 0;
            }
        }
    }
}

setpgrp;
while (my $client = $listener->accept) {
    next if fork() // die "fork: $!\n";
    close($listener);
    if ($mode eq "gate") {
        my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port);
        shuttle($client, $server) if $server;
        exit 0;
    }
    my $head = head_of($client);
    open(my $file, ">>", $log);
    syswrite($file, $head);
    close($file);
    my ($to) = $head =~ /^CONNECT [^ ]*:(\d+) /;
    my $server = $to && IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $to);
    if (!$server) {
        syswrite($client, "HTTP/1.1 502 Bad Gateway\r\nRetry-After: 99\r\nx-auth0-requestid: proxy\r\n"
            . "Content-Length: 0\r\n\r\n");
        exit 0;
    }
    syswrite($client, "HTTP/1.1 200 OK\r\nRetry-After: 99\r\nx-auth0-requestid: proxy\r\n\r\n");
    shuttle($client, $server);
}
