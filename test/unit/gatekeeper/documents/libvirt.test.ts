import { describe, expect, it } from 'vitest';
import { checkDocument, type DocumentRules, documentRulesSchema } from '../../../../src/gatekeeper/documents/index.ts';
import { parseStrictXml } from '../../../../src/gatekeeper/documents/xml.ts';
import { domainXml } from '../../../../src/hypervisor/domain-xml.ts';
import { readCorpus } from '../../../corpora/read.ts';
import { bytes, RULES, verdict } from './verdict.ts';

const IMAGES = '/var/lib/logos/images';
const OURS = domainXml({
  name: 'worker-1',
  uuid: '00000000-0000-4000-8000-000000000001',
  vcpus: 2,
  memoryMiB: 512,
  path: 'kvm',
  kernel: `${IMAGES}/vmlinuz`,
  initramfs: `${IMAGES}/initramfs`,
  partition: '/logos',
});

const DISK = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${IMAGES}/a.qcow2'/>
  <target dev='vda' bus='virtio'/></disk>`;

/** A plain domain with something put among its devices, or after them. */
function domain(parts: { devices?: string; more?: string; os?: string; attributes?: string } = {}): string {
  return `<domain type='kvm'${parts.attributes ?? ''}><name>a</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type>${parts.os ?? ''}</os>
<devices>${parts.devices ?? ''}</devices>${parts.more ?? ''}</domain>`;
}

describe('libvirt domains', () => {
  it('takes what our own definitions use', () => {
    expect(verdict('libvirt-domain', OURS)).toBe('accept');
    const { value, digest } = checkDocument('libvirt-domain', bytes(OURS), RULES);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(value).toMatchObject({
      name: 'domain',
      children: expect.arrayContaining([expect.objectContaining({ name: 'uuid' })]),
    });
  });

  it.each([
    ['a disk of the directory', { devices: DISK }],
    ['an end to the chain of images', { devices: DISK.replace('<target', '<backingStore/><target') }],
    [
      'a network',
      { devices: `<interface type='network'><source network='default'/><model type='virtio'/></interface>` },
    ],
    [
      'the guest agent',
      { devices: `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>` },
    ],
    ['random numbers', { devices: `<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>` }],
    ['a screen for this machine', { devices: `<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>` }],
    ['an emulated TPM', { devices: `<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>` }],
    ['firmware of the directory', { os: `<loader readonly='yes' type='pflash'>/usr/share/OVMF/a.fd</loader>` }],
  ])('takes %s', (_, parts) => {
    expect(verdict('libvirt-domain', domain(parts))).toBe('accept');
  });

  const file = (path: string): string => DISK.replace(`${IMAGES}/a.qcow2`, path);
  const QEMU = ` xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'`;
  it.each([
    [
      'QEMU arguments',
      domain({ attributes: QEMU, more: `<qemu:commandline><qemu:arg value='-x'/></qemu:commandline>` }),
      '/domain/commandline',
    ],
    ['QEMU overrides', domain({ attributes: QEMU, more: `<qemu:override/>` }), '/domain/override'],
    [
      'a foreign namespace on a known element',
      domain({ attributes: ` xmlns:x='urn:x'`, devices: `<x:serial type='pty'/>` }),
      'namespace "urn:x"',
    ],
    ['a default namespace', domain().replace('<domain', `<domain xmlns='urn:x'`), 'namespace "urn:x"'],
    ['an emulator', domain({ devices: '<emulator>/bin/sh</emulator>' }), '/domain/devices/emulator'],
    ['a host device', domain({ devices: `<hostdev mode='subsystem' type='pci'/>` }), '/domain/devices/hostdev'],
    ['a file system', domain({ devices: `<filesystem type='mount'/>` }), '/domain/devices/filesystem'],
    ['no label', domain({ more: `<seclabel type='none'/>` }), '/domain/seclabel'],
    ['shared memory', domain({ devices: `<shmem name='x'/>` }), '/domain/devices/shmem'],
    ['redirected USB', domain({ devices: `<redirdev bus='usb' type='tcp'/>` }), '/domain/devices/redirdev'],
    ['launch security', domain({ more: `<launchSecurity type='sev'/>` }), '/domain/launchSecurity'],
    ['system information', domain({ more: `<sysinfo type='fwcfg'/>` }), '/domain/sysinfo'],
    ['a disk elsewhere', domain({ devices: file('/etc/shadow') }), '/domain/devices/disk/source/@file'],
    ['a path that climbs', domain({ devices: file(`${IMAGES}/../../../etc/shadow`) }), '/source/@file'],
    ['the directory itself', domain({ devices: file(IMAGES) }), '/source/@file'],
    ['a sibling of the directory', domain({ devices: file(`${IMAGES}-x/a`) }), '/source/@file'],
    ['a block device', domain({ devices: `<disk type='block'/>` }), `/domain/devices/disk/@type: "block"`],
    ['a network disk', domain({ devices: `<disk type='network'/>` }), '/domain/devices/disk/@type'],
    ['a disk without a format', domain({ devices: DISK.replace(` type='qcow2'`, '') }), 'no attribute type'],
    ['a disk without a driver', domain({ devices: DISK.replace(/<driver[^>]*>/, '') }), 'it has no driver'],
    ['a second disk that is wrong', domain({ devices: DISK + file('/x') }), '/domain/devices/disk[2]/source'],
    [
      'a backing file',
      domain({ devices: DISK.replace('<target', `<backingStore type='file'/><target`) }),
      '/backingStore/@type',
    ],
    ['a host bridge', domain({ devices: `<interface type='bridge'/>` }), '/domain/devices/interface/@type'],
    ['a direct interface', domain({ devices: `<interface type='direct'/>` }), '/domain/devices/interface/@type'],
    ['user networking', domain({ devices: `<interface type='user'/>` }), '/domain/devices/interface/@type'],
    ['a script', domain({ devices: `<interface type='network'><script path='/x'/></interface>` }), '/interface/script'],
    [
      'another network',
      domain({ devices: `<interface type='network'><source network='x'/></interface>` }),
      '/source/@network',
    ],
    [
      'a serial file',
      domain({ devices: `<serial type='file'><source path='/x'/></serial>` }),
      '/domain/devices/serial/@type',
    ],
    ['a log of a console', domain({ devices: `<console type='pty'><log file='/x'/></console>` }), '/console/log'],
    [
      'a host terminal',
      domain({ devices: `<serial type='pty'><source path='/dev/tty1'/></serial>` }),
      '/serial/source',
    ],
    [
      'a socket',
      domain({ devices: `<channel type='unix'><source mode='bind' path='/x'/></channel>` }),
      '/channel/source',
    ],
    [
      'another source of random numbers',
      domain({ devices: `<rng model='virtio'><backend model='random'>/dev/sda</backend></rng>` }),
      '/rng/backend',
    ],
    [
      'a random-number daemon',
      domain({ devices: `<rng model='virtio'><backend model='egd' type='tcp'/></rng>` }),
      '/rng/backend/@model',
    ],
    [
      'the host’s TPM',
      domain({ devices: `<tpm model='tpm-tis'><backend type='passthrough'/></tpm>` }),
      '/tpm/backend/@type',
    ],
    ['a screen for all', domain({ devices: `<graphics type='vnc' listen='0.0.0.0'/>` }), '/graphics/@listen'],
    ['a kernel elsewhere', domain({ os: '<kernel>/boot/vmlinuz</kernel>' }), '/domain/os/kernel'],
    ['a disk among the firmware', domain({ devices: file('/usr/share/OVMF/a.fd') }), '/source/@file'],
    ['variables among the firmware', domain({ os: '<nvram>/usr/share/OVMF/a.fd</nvram>' }), '/domain/os/nvram'],
    ['firmware that may be written', domain({ os: `<loader type='pflash'>/usr/share/OVMF/a.fd</loader>` }), 'readonly'],
    ['firmware elsewhere', domain({ os: `<loader readonly='yes'>/x</loader>` }), '/domain/os/loader'],
    ['ACPI tables', domain({ os: `<acpi><table type='slic'>/x</table></acpi>` }), '/domain/os/acpi'],
    ['a dump on a crash', domain({ more: '<on_crash>coredump-destroy</on_crash>' }), '/domain/on_crash'],
    ['a watchdog’s dump', domain({ devices: `<watchdog model='i6300esb' action='dump'/>` }), '/watchdog/@action'],
    ['metadata of others', domain({ more: `<metadata><x:y xmlns:x='urn:x'/></metadata>` }), '/domain/metadata/y'],
    ['another hypervisor', domain().replace('kvm', 'lxc'), '/domain/@type'],
    ['a name with a slash', domain().replace('>a<', '>../a<'), '/domain/name'],
    ['something else', '<network/>', '/network: this element'],
    ['prototype names', '<constructor/>', '/constructor: this element'],
  ])('forbids %s', (_, xml, where) => {
    expect(verdict('libvirt-domain', xml)).toMatch(
      /^document-(forbidden|malformed): The libvirt-domain document is refused: /,
    );
    expect(verdict('libvirt-domain', xml)).toContain(where);
  });

  it('lets no directory in unless a library names it', () => {
    const none: DocumentRules = documentRulesSchema.parse({});
    expect(verdict('libvirt-domain', OURS, none)).toContain('/domain/os/kernel');
    expect(() => documentRulesSchema.parse({ directories: ['/var/../etc'] })).toThrow();
    expect(() => documentRulesSchema.parse({ directories: ['/'] })).toThrow();
  });
});

describe('XML', () => {
  it.each([
    [`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, /document type/],
    [`<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><a>&b;</a>`, /document type/],
    ['<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', /document type/],
    ['<a>&x;</a>', /not XML: undefined entity/],
    ['<?xml-stylesheet href="x"?><a/>', /processing instruction/],
    ['<a><![CDATA[x]]></a>', /CDATA/],
    ['<?xml version="1.1"?><a/>', /version/],
    ['<?xml version="1.0" encoding="UTF-16"?><a/>', /UTF-16/],
    ['<a>x<b/></a>', /text beside the elements/],
    ['<a>x<!-- y -->z</a>', /comment beside the text/],
    ['<a><b></a></b>', /not XML/],
    ['<a b="1" b="2"/>', /not XML: duplicate attribute/],
    ['<a/><b/>', /not XML/],
    ['<a', /not XML/],
    ['', /not XML|empty/],
    ['<a>\u0001</a>', /not XML/],
    ['<x:a/>', /not XML: unbound namespace prefix/],
    ['<a>'.repeat(40), /deeper than 16/],
    [`<a>${'<b/>'.repeat(5_000)}</a>`, /more than 4096 elements/],
  ])('refuses %s', (xml, why) => {
    expect(() => parseStrictXml(bytes(xml))).toThrow(why);
  });

  it('reads elements, attributes and the five entities', () => {
    const { name, attributes, children } = parseStrictXml(
      bytes(`<?xml version="1.0" encoding="utf-8"?>
<!-- a comment --><a b="&lt;&amp;&#65;"><c> x &gt; y </c></a>`),
    );
    expect([name, [...attributes]]).toEqual(['a', [['b', '<&A']]]);
    expect(children.map((it) => [it.name, it.text])).toEqual([['c', 'x > y']]);
  });
});

describe('libvirt networks', () => {
  const network = (more: string): string => `<network><name>default</name>${more}</network>`;
  it('takes one of its own, and nothing of the host', () => {
    const own = `<forward mode='nat'/><bridge name='virbr0' stp='on' delay='0'/><ip address='192.168.122.1' netmask='255.255.255.0'>
      <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip>`;
    expect(verdict('libvirt-network', network(own))).toBe('accept');
    expect(verdict('libvirt-network', network(`<forward mode='bridge'/>`))).toContain('/network/forward/@mode');
    expect(verdict('libvirt-network', network(`<forward mode='nat' dev='eth0'/>`))).toContain('/network/forward/@dev');
    expect(verdict('libvirt-network', network(`<bridge name='br0'/>`))).toContain('/network/bridge/@name');
    expect(verdict('libvirt-network', network(`<dns/>`))).toContain('/network/dns');
    expect(verdict('libvirt-network', network('').replace('default', 'other'))).toContain('/network/name');
  });
});

describe('libvirt’s own domains (Debian source package 9.0.0)', () => {
  const { domains, expectedErrors } = readCorpus('libvirt-domains/domains') as {
    domains: Record<string, string>;
    expectedErrors: string[];
  };

  it('are each read, or refused with a place and a reason, in a moment', () => {
    expect(Object.keys(domains)).toHaveLength(1_070);
    expect(expectedErrors).toHaveLength(201);
    const rules = documentRulesSchema.parse({ directories: ['/var/lib/libvirt/images'], networks: ['default'] });
    const taken: string[] = [];
    for (const [name, xml] of Object.entries(domains)) {
      const from = performance.now();
      const outcome = verdict('libvirt-domain', xml, rules);
      expect([name, performance.now() - from < 2_000]).toEqual([name, true]);
      if (outcome === 'accept') taken.push(name);
      else
        expect([name, outcome]).toEqual([
          name,
          expect.stringMatching(/^document-(malformed|forbidden): .* refused: \/domain\S*: /),
        ]);
    }
    // Nearly all name an emulator.
    expect(taken).toEqual(expect.arrayContaining(['default-kvm-host-arch', 'default-qemu-host-arch']));
    expect(taken.length).toBeLessThan(20);
  });

  it('are refused for more than their emulator', () => {
    const rules = documentRulesSchema.parse({ directories: ['/var/lib/libvirt/images'], networks: ['default'] });
    const outcomes = Object.values(domains).map((xml) =>
      verdict('libvirt-domain', xml.replace(/<emulator>[^<]*<\/emulator>/g, ''), rules),
    );
    const places = new Set(outcomes.map((it) => /\/domain\/devices\/([a-z]+)/.exec(it)?.[1]));
    for (const device of [
      'disk',
      'hostdev',
      'filesystem',
      'shmem',
      'redirdev',
      'interface',
      'serial',
      'channel',
      'graphics',
      'rng',
      'tpm',
    ]) {
      expect([device, places.has(device)]).toEqual([device, true]);
    }
  });
});
