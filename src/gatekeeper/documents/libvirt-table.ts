import { isAllowedPath, isReadablePath } from './host-path.ts';
import type { XmlTable, XmlValue } from './xml-table.ts';

/** Marks that this project puts on its own domains; the same as METADATA_NAMESPACE of src/hypervisor. */
const OUR_NAMESPACE = 'urn:logos:dvm:1';

const NUMBER = /^(?:0|[1-9][0-9]{0,9})$/;
const POSITIVE = /^[1-9][0-9]{0,9}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,62}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const WORD = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const WORDS = /^[\x20-\x7e]{1,256}$/;
const MAC = /^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/;
const HEX = /^0x[0-9a-fA-F]{1,8}$/;
const PARTITION = /^(?:\/[A-Za-z0-9][A-Za-z0-9_.-]*){1,8}$/;
const COMMAND_LINE = /^[\x20-\x7e]{1,2048}$/;
const UNIT = ['b', 'bytes', 'KB', 'k', 'KiB', 'MB', 'M', 'MiB', 'GB', 'G', 'GiB', 'TB', 'T', 'TiB'];
const YES_NO = ['yes', 'no'];
const ON_OFF = ['on', 'off'];
const LOCAL = ['127.0.0.1', '::1', 'localhost'];
const LIFECYCLE = ['destroy', 'restart', 'preserve'];
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?!$)|$)){4}$/;

const path: XmlValue = isAllowedPath;
const readable: XmlValue = isReadablePath;
const network: XmlValue = (name, rules) => rules.networks.includes(name);

const STATE = { attributes: { state: ON_OFF } };
const ADDRESS = {
  attributes: {
    type: ['pci', 'drive', 'virtio-serial', 'usb', 'ccid', 'isa'],
    domain: HEX,
    bus: /^(?:0x[0-9a-fA-F]{1,4}|[0-9]{1,4})$/,
    slot: HEX,
    function: HEX,
    multifunction: ON_OFF,
    controller: NUMBER,
    target: NUMBER,
    unit: NUMBER,
    port: /^[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}$/,
  },
  required: ['type'],
};
const BOOT = { attributes: { order: POSITIVE }, required: ['order'] };
const BANDWIDTH = { attributes: { average: NUMBER, peak: NUMBER, burst: NUMBER, floor: NUMBER } };
const MEMORY = { attributes: { unit: UNIT }, text: POSITIVE };

/** What a character device may be: a terminal that libvirt opens, and nothing on the host that the document names. */
const characterDevice = (at: string): XmlTable => ({
  [at]: { attributes: { type: ['pty'] }, required: ['type'], many: true },
  [`${at}/target`]: {
    attributes: { type: ['isa-serial', 'pci-serial', 'usb-serial', 'serial', 'virtio'], port: NUMBER },
  },
  [`${at}/target/model`]: { attributes: { name: ['isa-serial', 'pci-serial', 'usb-serial'] } },
  [`${at}/address`]: ADDRESS,
});

/**
 * All that a domain may have. What reaches into the host is not in it: emulator, host devices, file systems, shared
 * memory, labels, command lines of QEMU, host bridges and files outside of the library's directories.
 */
export const DOMAIN_TABLE: XmlTable = {
  domain: { attributes: { type: ['kvm', 'qemu'] }, required: ['type'] },
  'domain/name': { text: NAME },
  'domain/uuid': { text: UUID },
  'domain/title': { text: WORDS },
  'domain/description': { text: WORDS },
  'domain/metadata': {},
  'domain/metadata/dvm': { attributes: { path: ['kvm', 'qemu'] }, namespace: OUR_NAMESPACE },
  'domain/memory': MEMORY,
  'domain/currentMemory': MEMORY,
  'domain/vcpu': { attributes: { placement: ['static'], current: POSITIVE }, text: /^[1-9][0-9]{0,2}$/ },
  'domain/iothreads': { text: /^[1-9]?[0-9]$/ },
  'domain/cputune': {},
  'domain/cputune/shares': { text: NUMBER },
  'domain/cputune/period': { text: NUMBER },
  'domain/cputune/quota': { text: /^-?[0-9]{1,12}$/ },
  'domain/resource': {},
  'domain/resource/partition': { text: PARTITION },

  'domain/os': { attributes: { firmware: ['bios', 'efi'] } },
  'domain/os/type': { attributes: { arch: ['x86_64', 'i686', 'aarch64'], machine: WORD }, text: ['hvm'] },
  // Firmware is shared by all guests of the host; without the attribute QEMU would open it for writing.
  'domain/os/loader': {
    attributes: { readonly: ['yes'], secure: YES_NO, type: ['rom', 'pflash'] },
    required: ['readonly'],
    text: readable,
  },
  'domain/os/nvram': { attributes: { template: readable }, text: path },
  'domain/os/kernel': { text: readable },
  'domain/os/initrd': { text: readable },
  'domain/os/cmdline': { text: COMMAND_LINE },
  'domain/os/boot': { attributes: { dev: ['hd', 'cdrom', 'network'] }, required: ['dev'], many: true },
  'domain/os/bootmenu': { attributes: { enable: YES_NO, timeout: NUMBER } },

  'domain/features': {},
  'domain/features/acpi': {},
  'domain/features/apic': {},
  'domain/features/pae': {},
  'domain/features/vmport': STATE,
  'domain/features/smm': STATE,
  'domain/features/kvm': {},
  'domain/features/kvm/hidden': STATE,

  'domain/cpu': {
    attributes: {
      mode: ['host-passthrough', 'host-model', 'maximum', 'custom'],
      match: ['minimum', 'exact', 'strict'],
      check: ['none', 'partial', 'full'],
      migratable: ON_OFF,
    },
  },
  'domain/cpu/model': { attributes: { fallback: ['allow', 'forbid'] }, text: WORD },
  'domain/cpu/topology': { attributes: { sockets: POSITIVE, dies: POSITIVE, cores: POSITIVE, threads: POSITIVE } },
  'domain/cpu/feature': {
    attributes: { policy: ['force', 'require', 'optional', 'disable', 'forbid'], name: WORD },
    required: ['name'],
    many: true,
  },

  'domain/clock': { attributes: { offset: ['utc', 'localtime'] } },
  'domain/clock/timer': {
    attributes: {
      name: ['rtc', 'pit', 'hpet', 'tsc', 'kvmclock'],
      tickpolicy: ['delay', 'catchup', 'merge', 'discard'],
      present: YES_NO,
    },
    required: ['name'],
    many: true,
  },
  'domain/on_poweroff': { text: LIFECYCLE },
  'domain/on_reboot': { text: LIFECYCLE },
  // Without coredump-*: they write the guest's memory to the host.
  'domain/on_crash': { text: LIFECYCLE },
  'domain/pm': {},
  'domain/pm/suspend-to-mem': { attributes: { enabled: YES_NO } },
  'domain/pm/suspend-to-disk': { attributes: { enabled: YES_NO } },

  'domain/devices': {},
  'domain/devices/disk': { attributes: { type: ['file'], device: ['disk', 'cdrom'] }, required: ['type'], many: true },
  // With its format always named: libvirt must not guess it from what the guest wrote.
  'domain/devices/disk/driver': {
    attributes: {
      name: ['qemu'],
      type: ['raw', 'qcow2'],
      cache: ['default', 'none', 'writethrough', 'writeback', 'directsync'],
      io: ['threads', 'native', 'io_uring'],
      discard: ['unmap', 'ignore'],
      detect_zeroes: ['off', 'on', 'unmap'],
      queues: POSITIVE,
    },
    required: ['type'],
  },
  'domain/devices/disk/source': { attributes: { file: path }, required: ['file'] },
  'domain/devices/disk/backingStore': {},
  'domain/devices/disk/target': {
    attributes: { dev: /^(?:vd|sd|hd)[a-z]{1,2}$/, bus: ['virtio', 'scsi', 'sata', 'ide', 'usb'] },
    required: ['dev'],
  },
  'domain/devices/disk/readonly': {},
  'domain/devices/disk/serial': { text: WORD },
  'domain/devices/disk/boot': BOOT,
  'domain/devices/disk/address': ADDRESS,
  'domain/devices/disk/iotune': {},
  'domain/devices/disk/iotune/total_bytes_sec': { text: NUMBER },
  'domain/devices/disk/iotune/total_iops_sec': { text: NUMBER },

  'domain/devices/controller': {
    attributes: {
      type: ['usb', 'pci', 'scsi', 'sata', 'ide', 'virtio-serial', 'ccid'],
      index: NUMBER,
      model: WORD,
      ports: NUMBER,
      vectors: NUMBER,
    },
    required: ['type'],
    many: true,
  },
  'domain/devices/controller/model': { attributes: { name: WORD } },
  'domain/devices/controller/target': {
    attributes: { chassis: NUMBER, chassisNr: NUMBER, port: /^(?:0x)?[0-9a-f]{1,4}$/ },
  },
  'domain/devices/controller/driver': { attributes: { queues: POSITIVE } },
  'domain/devices/controller/master': { attributes: { startport: NUMBER } },
  'domain/devices/controller/address': ADDRESS,

  'domain/devices/interface': { attributes: { type: ['network'] }, required: ['type'], many: true },
  'domain/devices/interface/source': { attributes: { network }, required: ['network'] },
  'domain/devices/interface/mac': { attributes: { address: MAC } },
  'domain/devices/interface/model': { attributes: { type: ['virtio', 'e1000', 'e1000e', 'rtl8139'] } },
  'domain/devices/interface/boot': BOOT,
  'domain/devices/interface/link': { attributes: { state: ['up', 'down'] } },
  'domain/devices/interface/mtu': { attributes: { size: POSITIVE } },
  'domain/devices/interface/driver': { attributes: { name: ['qemu', 'vhost'], queues: POSITIVE } },
  'domain/devices/interface/bandwidth': {},
  'domain/devices/interface/bandwidth/inbound': BANDWIDTH,
  'domain/devices/interface/bandwidth/outbound': BANDWIDTH,
  'domain/devices/interface/address': ADDRESS,

  ...characterDevice('domain/devices/serial'),
  ...characterDevice('domain/devices/console'),
  // The socket's place is libvirt's to choose.
  'domain/devices/channel': { attributes: { type: ['unix'] }, required: ['type'], many: true },
  'domain/devices/channel/target': {
    attributes: { type: ['virtio'], name: ['org.qemu.guest_agent.0'] },
    required: ['type', 'name'],
  },
  'domain/devices/channel/address': ADDRESS,
  'domain/devices/input': {
    attributes: { type: ['tablet', 'mouse', 'keyboard'], bus: ['usb', 'virtio', 'ps2'] },
    required: ['type'],
    many: true,
  },
  'domain/devices/input/address': ADDRESS,
  'domain/devices/graphics': {
    attributes: { type: ['vnc'], port: ['-1'], autoport: ['yes'], listen: LOCAL },
    required: ['type', 'listen'],
  },
  'domain/devices/graphics/listen': {
    attributes: { type: ['address'], address: LOCAL },
    required: ['type', 'address'],
  },
  'domain/devices/video': { many: true },
  'domain/devices/video/model': {
    attributes: {
      type: ['virtio', 'vga', 'cirrus', 'qxl', 'bochs', 'ramfb', 'none'],
      vram: NUMBER,
      ram: NUMBER,
      vgamem: NUMBER,
      heads: POSITIVE,
      primary: YES_NO,
    },
  },
  'domain/devices/video/address': ADDRESS,
  'domain/devices/memballoon': { attributes: { model: ['virtio', 'none'], autodeflate: ON_OFF }, required: ['model'] },
  'domain/devices/memballoon/stats': { attributes: { period: NUMBER } },
  'domain/devices/memballoon/address': ADDRESS,
  'domain/devices/rng': { attributes: { model: ['virtio'] }, required: ['model'] },
  'domain/devices/rng/backend': { attributes: { model: ['random'] }, required: ['model'], text: ['/dev/urandom'] },
  'domain/devices/rng/rate': { attributes: { bytes: POSITIVE, period: POSITIVE } },
  'domain/devices/rng/address': ADDRESS,
  // Without dump: it writes the guest's memory to the host.
  'domain/devices/watchdog': {
    attributes: { model: ['i6300esb', 'itco'], action: ['reset', 'shutdown', 'poweroff', 'pause', 'none'] },
    required: ['model'],
    many: true,
  },
  'domain/devices/watchdog/address': ADDRESS,
  'domain/devices/panic': { attributes: { model: ['isa', 'pvpanic'] } },
  'domain/devices/tpm': { attributes: { model: ['tpm-tis', 'tpm-crb'] }, required: ['model'] },
  'domain/devices/tpm/backend': { attributes: { type: ['emulator'], version: ['2.0'] }, required: ['type'] },
};

/** All that a virtual network may have: one of its own, without a device of the host and without hooks and DNS options. */
export const NETWORK_TABLE: XmlTable = {
  network: {},
  'network/name': { text: network },
  'network/uuid': { text: UUID },
  'network/forward': { attributes: { mode: ['nat'] }, required: ['mode'] },
  'network/bridge': { attributes: { name: /^virbr[0-9]{1,4}$/, stp: ON_OFF, delay: NUMBER } },
  'network/mac': { attributes: { address: MAC } },
  'network/mtu': { attributes: { size: POSITIVE } },
  'network/ip': {
    attributes: { family: ['ipv4'], address: IPV4, netmask: IPV4, prefix: /^(?:[12]?[0-9]|3[0-2])$/ },
    required: ['address'],
    many: true,
  },
  'network/ip/dhcp': {},
  'network/ip/dhcp/range': { attributes: { start: IPV4, end: IPV4 }, required: ['start', 'end'], many: true },
  'network/ip/dhcp/host': { attributes: { mac: MAC, name: NAME, ip: IPV4 }, required: ['ip'], many: true },
};
