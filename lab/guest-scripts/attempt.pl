# Tries one thing under another label, as a program that took over a guest's emulator would, and says what the kernel answered.
#
#   perl attempt.pl LABEL read|write|socket|module PATH-OR-FAMILY
#
# LABEL is `none`, `apparmor:PROFILE` or `selinux:CONTEXT`. Ends with the number of the error, 0 when it could: under another
# label there may be nothing to print on.
use strict;
use warnings;

my ( $label, $what, $with ) = @ARGV;

# A module is opened before: what has to be refused is to load it, not to read it.
my $module;
if ( $what eq 'module' ) { open $module, '<', $with or die "$with: $!" }

if ( $label ne 'none' ) {
    my ( $kind, $name ) = $label =~ /^(\w+):(.*)$/ or die 'a label';
    open my $attr, '>', '/proc/thread-self/attr/current' or die "attr: $!";
    syswrite $attr, $kind eq 'apparmor' ? "changeprofile $name" : $name or die "label $name: $!";
    close $attr;
}

my ( $ok, $file, $byte, $socket );
if ( $what eq 'read' ) {
    $ok = open( $file, '<', $with ) && defined sysread( $file, $byte, 1 );
}
elsif ( $what eq 'write' ) {
    $ok = open( $file, '+<', $with ) && sysread( $file, $byte, 1 ) && sysseek( $file, 0, 0 ) && syswrite( $file, $byte );
}
elsif ( $what eq 'socket' ) {
    my %wanted = ( inet => [ 2, 3, 1 ], packet => [ 17, 3, 768 ], stream => [ 2, 1, 0 ] );
    $ok = socket( $socket, $wanted{$with}[0], $wanted{$with}[1], $wanted{$with}[2] );
}
else {
    my $none = '';
    $ok = syscall( 313, fileno($module), $none, 0 ) == 0;    # finit_module
}
exit( $ok ? 0 : $! + 0 );
