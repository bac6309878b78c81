/** What the guest prints when it is up, followed by a space and the nonce from its kernel command line. */
export const READY_LINE = 'LOGOS-DVM-READY';

/** The kernel argument that carries the nonce. */
export const NONCE_ARGUMENT = 'logos.nonce';

/** Modules of the stock kernel that let a guest hear its power button; in the order of loading. */
export const GUEST_MODULES = ['drivers/input/evdev.ko', 'drivers/acpi/button.ko'];

/**
 * Modules for disks and network cards, in the order of loading. A guest has none of those by itself, and starts faster without
 * the modules: whoever gives it some loads them (`LOAD_DEVICES`).
 */
export const DEVICE_MODULES = [
  'drivers/virtio/virtio_ring.ko',
  'drivers/virtio/virtio.ko',
  'drivers/virtio/virtio_pci_modern_dev.ko',
  'drivers/virtio/virtio_pci_legacy_dev.ko',
  'drivers/virtio/virtio_pci.ko',
  'drivers/block/virtio_blk.ko',
  'net/core/failover.ko',
  'drivers/net/net_failover.ko',
  'drivers/net/virtio_net.ko',
];

/** What loads them, for the guest's shell. */
export const LOAD_DEVICES = 'for module in /devices/*.ko; do insmod "$module"; done';

/** Programs of busybox that the guest has under their own names; the shell finds the rest by itself. */
export const APPLETS = ['sh', 'mount', 'insmod', 'acpid', 'poweroff', 'setsid', 'cttyhack', 'cat'];

/**
 * The guest's first process. It prints the line by which the host knows that this very start succeeded (an old line in
 * a console's buffer has another nonce), then keeps a shell on the serial console.
 */
export const INIT_SCRIPT = `#!/bin/sh
export PATH=/bin:/sbin HOME=/ TERM=vt100 PS1='dvm# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do insmod "$module"; done
acpid -c /etc/acpi -l /dev/null
nonce=
for argument in $(cat /proc/cmdline); do
  case $argument in ${NONCE_ARGUMENT}=*) nonce=\${argument#*=} ;; esac
done
echo "${READY_LINE} $nonce" > /dev/console
while true; do setsid cttyhack sh; done
`;

/** busybox acpid's rule for the power button. */
export const POWER_SCRIPT = `#!/bin/sh
exec poweroff -f
`;
