import { XMLBuilder } from 'fast-xml-parser';
import { UserError } from '../system/errors.ts';

/** How a guest runs: with the processor's help, or emulated. */
export type ComputePath = 'kvm' | 'qemu';

/** A domain VM to start. */
export interface DvmSpec {
  name: string;
  uuid?: string;
  vcpus: number;
  /** To how many it can grow while it runs; default: none more. */
  maxVcpus?: number;
  memoryMiB: number;
  path: ComputePath;
  /** Paths on this machine, as prepareGuestImage gives them. */
  kernel: string;
  initramfs: string;
  kernelArgs?: readonly string[];
  /** The cgroup partition for the system's libvirtd, such as `/logos`. */
  partition?: string;
  /** Files as /dev/vda and so on, by the paths under which the daemon knows them; written past the host's page cache. */
  disks?: readonly { file: string; format: 'raw' | 'qcow2' }[];
  /** Network cards, each on a tap device of its own, whose host's end has this address. */
  interfaces?: readonly { mac: string; hostAddress: string; prefix: number }[];
}

/** Marks a domain as ours, in libvirt's place for such marks. Stable: it finds domains that an older version started. */
export const METADATA_NAMESPACE = 'urn:logos:dvm:1';

/** A DVM's name becomes the name of a domain, a log file, and a machine; libvirt itself would take much more. */
export const DVM_NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PARTITION = /^(\/[A-Za-z0-9][A-Za-z0-9_.-]*)+$/;
/** Printable and without spaces: one argument stays one argument. */
const KERNEL_ARGUMENT = /^[!-~]+$/;

/**
 * What emulated guests are told: they run no code of others beside them, so the mitigations of a processor that isn't there
 * would only cost; and their clock is QEMU's own.
 */
const EMULATED_ARGUMENTS = ['mitigations=off', 'tsc=reliable'];

/** The domain as libvirt's XML. Throws UserError `dvm-spec-invalid`. */
export function domainXml(spec: DvmSpec & { uuid: string }): string {
  checkSpec(spec);
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: true });
  return builder.build({ domain: domainTree(spec) });
}

function domainTree(spec: DvmSpec & { uuid: string }): object {
  const emulated = spec.path === 'qemu';
  const cmdline = [
    'console=ttyS0',
    'quiet',
    'panic=-1',
    ...(emulated ? EMULATED_ARGUMENTS : []),
    ...(spec.kernelArgs ?? []),
  ];
  return {
    '@type': spec.path,
    name: spec.name,
    uuid: spec.uuid,
    metadata: { 'logos:dvm': { '@xmlns:logos': METADATA_NAMESPACE, '@path': spec.path } },
    memory: { '@unit': 'MiB', '#text': spec.memoryMiB },
    vcpu: (spec.maxVcpus ?? 0) > spec.vcpus ? { '@current': spec.vcpus, '#text': spec.maxVcpus } : spec.vcpus,
    ...(spec.partition === undefined ? {} : { resource: { partition: spec.partition } }),
    os: {
      type: { '@arch': 'x86_64', '@machine': 'q35', '#text': 'hvm' },
      kernel: spec.kernel,
      initrd: spec.initramfs,
      cmdline: cmdline.join(' '),
    },
    features: { acpi: {} },
    // Emulation has no host processor to pass on; `maximum` is all that QEMU can emulate.
    cpu: { '@mode': emulated ? 'maximum' : 'host-passthrough' },
    clock: { '@offset': 'utc' },
    on_poweroff: 'destroy',
    // A guest that crashes or restarts by itself is reported as stopped; whether it starts again is the chain's to say.
    on_reboot: 'destroy',
    on_crash: 'destroy',
    devices: {
      disk: (spec.disks ?? []).map(({ file, format }, index) => ({
        '@type': 'file',
        '@device': 'disk',
        driver: { '@name': 'qemu', '@type': format, '@cache': 'none' },
        source: { '@file': file },
        // What the file's own header says lies beneath it is not looked for: on shared storage others write it.
        backingStore: {},
        target: { '@dev': `vd${String.fromCharCode(97 + index)}`, '@bus': 'virtio' },
      })),
      interface: (spec.interfaces ?? []).map(({ mac, hostAddress, prefix }) => ({
        '@type': 'ethernet',
        mac: { '@address': mac },
        source: { ip: { '@family': 'ipv4', '@address': hostAddress, '@prefix': prefix } },
        model: { '@type': 'virtio' },
      })),
      controller: { '@type': 'usb', '@model': 'none' },
      serial: { '@type': 'pty', target: { '@type': 'isa-serial', '@port': 0 } },
      console: { '@type': 'pty', target: { '@type': 'serial', '@port': 0 } },
      memballoon: { '@model': 'none' },
    },
  };
}

function isVcpus(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= 255;
}

function checkSpec(spec: DvmSpec & { uuid: string }): void {
  checkDvmName(spec.name);
  const wrong = [
    [UUID.test(spec.uuid), `uuid "${spec.uuid}"`],
    [isVcpus(spec.vcpus), `${spec.vcpus} vCPUs`],
    [spec.maxVcpus === undefined || isVcpus(spec.maxVcpus), `${spec.maxVcpus} vCPUs at most`],
    [Number.isInteger(spec.memoryMiB) && spec.memoryMiB >= 64, `${spec.memoryMiB} MiB of memory (64 is the least)`],
    [spec.partition === undefined || PARTITION.test(spec.partition), `partition "${spec.partition}"`],
    [(spec.kernelArgs ?? []).every((argument) => KERNEL_ARGUMENT.test(argument)), 'a kernel argument'],
    [[spec.kernel, spec.initramfs].every((path) => /^\/[^\p{Cc}]+$/u.test(path)), 'the path of kernel or initramfs'],
  ] as const;
  for (const [right, what] of wrong) if (!right) throw invalid(`${what} can't be`);
}

/** Throws UserError `dvm-spec-invalid`. */
export function checkDvmName(name: string): void {
  if (!DVM_NAME.test(name)) {
    const shown = JSON.stringify(name.slice(0, 80));
    throw invalid(`${shown} can't be a DVM's name: up to 63 small letters, digits, dots and hyphens`);
  }
}

function invalid(why: string): UserError {
  return new UserError('dvm-spec-invalid', `The DVM's definition is wrong: ${why}.`, {
    nextSteps: ['See `logos dvm list` for the names in use; templates come from the chain (compute section).'],
  });
}
