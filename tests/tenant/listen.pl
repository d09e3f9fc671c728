# listen.pl FROM DIR WORD VALUE ...
# Binds a port that the kernel picks, fills the words into FROM's nginx.conf.in and writes it into DIR, and becomes
# nginx, which inherits the listening socket: no other process can take the port in between. Where FROM has a
# state.conf.in as well, an nginx with that stands behind it: the process that holds the tenant.
use strict;
use warnings;
use Fcntl qw(F_GETFL F_SETFD F_SETFL FD_CLOEXEC O_NONBLOCK);
use POSIX ();
use Socket;

my ($here, $dir, %word) = @ARGV;

# A harness that waits for the end of a pipe which it lent to `start` would wait for nginx.
my @others;
for my $number (3 .. 255) {
    if (open(my $other, "<&=", $number)) {
        fcntl($other, F_SETFD, FD_CLOEXEC);
        push @others, $other;
    }
}

socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, pack("i", 1)) or die "setsockopt: $!\n";
bind($listener, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!\n";
listen($listener, 511) or die "listen: $!\n";
# nginx takes an inherited socket as it is. Two workers race for each connection, and the loser must not wait for
# another.
my $flags = fcntl($listener, F_GETFL, 0) or die "fcntl: $!\n";
fcntl($listener, F_SETFL, $flags | O_NONBLOCK) or die "fcntl: $!\n";
my ($port) = unpack_sockaddr_in(getsockname($listener));

$word{DIR} = $dir;
$word{TENANT} = $here;
$word{PORT} = $port;
$word{DOMAIN} = "tenant.test:$port";

sub write_file {
    my ($name, $text) = @_;
    open(my $out, ">", "$dir/$name") or die "$dir/$name: $!\n";
    print $out $text;
    close($out) or die "$dir/$name: $!\n";
}

sub configure {
    my ($name) = @_;
    open(my $in, "<", "$here/$name.in") or die "$here/$name.in: $!\n";
    my $text = do { local $/; <$in> };
    # OpenResty has them built in.
    $text =~ s/\bload_module\s[^;]*;//g unless -e "$word{MODULES}/ngx_http_lua_module.so";
    $text =~ s/\@([A-Z_]+)\@/exists $word{$1} ? $word{$1} : die "no value for $1\n"/ge;
    write_file($name, $text);
}

sub become_nginx {
    my ($conf) = @_;
    exec($word{NGINX}, "-p", $dir, "-c", "$dir/$conf", "-e", $word{ERROR_LOG}) or die "$word{NGINX}: $!\n";
}

my $has_state = -e "$here/state.conf.in";
configure("nginx.conf");
configure("state.conf") if $has_state;

# `start` ignores it, and that would be inherited.
$SIG{PIPE} = "DEFAULT";

# A session of its own: a signal from the terminal ends the tests, and these stop the tenant.
POSIX::setsid();
chdir($dir) or die "$dir: $!\n";

fcntl($listener, F_SETFD, FD_CLOEXEC) or die "fcntl: $!\n";
if ($has_state) {
    my $state = fork() // die "fork: $!\n";
    become_nginx("state.conf") if $state == 0;
    write_file("state.pid", "$state\n");
}
write_file("port", "$port\n");

fcntl($listener, F_SETFD, 0) or die "fcntl: $!\n";
$ENV{NGINX} = fileno($listener) . ";";
become_nginx("nginx.conf");
