import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { readDomainTypes, readOwnMark } from '../../../src/hypervisor/domain-read.ts';
import { checkDvmName, type DvmSpec, domainXml } from '../../../src/hypervisor/domain-xml.ts';
import { parseDvmTemplates } from '../../../src/hypervisor/template.ts';
import { asset } from '../../../src/system/assets.ts';

const spec: DvmSpec & { uuid: string } = {
  name: 'admission',
  uuid: '2a44d1b5-1d3c-4c0c-9e0c-7d8f2f6f0a01',
  vcpus: 2,
  memoryMiB: 128,
  path: 'qemu',
  kernel: '/images/vmlinuz',
  initramfs: '/images/initramfs',
  kernelArgs: ['logos.nonce=00ff'],
};

describe('domain XML', () => {
  test('an emulated guest', () => {
    expect(domainXml(spec)).toBe(
      [
        '<domain type="qemu"><name>admission</name><uuid>2a44d1b5-1d3c-4c0c-9e0c-7d8f2f6f0a01</uuid>',
        '<metadata><logos:dvm xmlns:logos="urn:logos:dvm:1" path="qemu"/></metadata>',
        '<memory unit="MiB">128</memory><vcpu>2</vcpu>',
        '<os><type arch="x86_64" machine="q35">hvm</type><kernel>/images/vmlinuz</kernel><initrd>/images/initramfs</initrd>',
        '<cmdline>console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable logos.nonce=00ff</cmdline></os>',
        '<features><acpi/></features><cpu mode="maximum"/><clock offset="utc"/>',
        '<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot><on_crash>destroy</on_crash>',
        '<devices><controller type="usb" model="none"/>',
        '<serial type="pty"><target type="isa-serial" port="0"/></serial>',
        '<console type="pty"><target type="serial" port="0"/></console><memballoon model="none"/></devices></domain>',
      ].join(''),
    );
  });

  test('a guest on KVM keeps its mitigations; a partition is asked for when given', () => {
    const xml = domainXml({ ...spec, path: 'kvm', partition: '/logos' });
    expect(xml).toContain('<domain type="kvm">');
    expect(xml).toContain('<cpu mode="host-passthrough"/>');
    expect(xml).not.toContain('mitigations=off');
    expect(xml).toContain('<resource><partition>/logos</partition></resource>');
  });

  test('processors that may come while it runs', () => {
    expect(domainXml({ ...spec, maxVcpus: 4 })).toContain('<vcpu current="2">4</vcpu>');
    expect(domainXml({ ...spec, maxVcpus: 2 })).toContain('<vcpu>2</vcpu>');
  });

  test('disks and network cards', () => {
    const xml = domainXml({
      ...spec,
      disks: [
        { file: '/d/one.raw', format: 'raw' },
        { file: '/d/two.qcow2', format: 'qcow2' },
      ],
      interfaces: [{ mac: '52:54:00:00:00:01', hostAddress: '169.254.77.1', prefix: 30 }],
    });
    expect(xml).toMatch(
      /type="raw" cache="none"[^>]*\/><source file="\/d\/one.raw"\/><backingStore\/><target dev="vda" bus="virtio"\/>/,
    );
    expect(xml).toMatch(/<source file="\/d\/two.qcow2"\/><backingStore\/><target dev="vdb" bus="virtio"\/>/);
    expect(xml).toContain(
      '<interface type="ethernet"><mac address="52:54:00:00:00:01"/><source><ip family="ipv4" address="169.254.77.1" prefix="30"/></source><model type="virtio"/></interface>',
    );
  });

  test('hostile text stays text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', minLength: 1 }).filter((s) => /^[!-~]+$/.test(s)),
        (argument) => {
          const xml = domainXml({ ...spec, kernel: `/k/${argument}`, kernelArgs: [argument] });
          const { os } = new XMLParser({ parseTagValue: false, trimValues: false }).parse(xml).domain;
          expect(os.kernel).toBe(`/k/${argument}`);
          expect(os.cmdline.endsWith(` ${argument}`)).toBe(true);
        },
      ),
    );
  });

  test.each(['', 'A', '-x', 'x-', '../x', 'a/b', 'a b', 'a\n', '<x/>', 'x'.repeat(64), 'ä'])(
    'name %j is refused',
    (name) => {
      expect(() => checkDvmName(name)).toThrow(expect.objectContaining({ code: 'dvm-spec-invalid' }));
    },
  );

  test.each([
    { vcpus: 0 },
    { vcpus: 1.5 },
    { maxVcpus: 256 },
    { memoryMiB: 63 },
    { uuid: 'x' },
    { partition: 'logos' },
    { partition: '/../x' },
    { kernelArgs: ['a b'] },
    { kernelArgs: ['a\nb'] },
    { kernel: 'relative' },
  ])('%j is refused', (change) => {
    expect(() => domainXml({ ...spec, ...change })).toThrow(expect.objectContaining({ code: 'dvm-spec-invalid' }));
  });
});

describe('reading domains', () => {
  test('our mark is found by its namespace, under any prefix', () => {
    expect(readOwnMark(domainXml(spec))).toEqual({ path: 'qemu' });
    const own = (metadata: string) => `<domain type='kvm' id='3'><name>x</name>${metadata}<memory>1</memory></domain>`;
    expect(readOwnMark(own('<metadata><a:dvm xmlns:a="urn:logos:dvm:1" path="kvm"/></metadata>'))).toEqual({
      path: 'kvm',
    });
    expect(readOwnMark(own('<metadata><logos:dvm xmlns:logos="urn:other" path="kvm"/></metadata>'))).toBeUndefined();
    expect(
      readOwnMark(own('<metadata><logos:dvm xmlns:logos="urn:logos:dvm:1" path="xen"/></metadata>')),
    ).toBeUndefined();
    expect(readOwnMark(own('<metadata/>'))).toBeUndefined();
    expect(readOwnMark(own(''))).toBeUndefined();
  });

  test('domain types come from the 64-bit PC only', () => {
    const guest = (arch: string, ...types: string[]) =>
      `<guest><os_type>hvm</os_type><arch name='${arch}'>${types.map((type) => `<domain type='${type}'/>`).join('')}</arch></guest>`;
    const xml = `<capabilities><host/>${guest('i686', 'xen')}${guest('x86_64', 'qemu', 'kvm')}</capabilities>`;
    expect(readDomainTypes(xml)).toEqual(new Set(['qemu', 'kvm']));
    expect(readDomainTypes('<capabilities><host/></capabilities>')).toEqual(new Set());
  });
});

describe('templates', () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const template = { name: 'a', vcpus: 1, memoryMiB: 128, deadlineMs: 60_000, readyLine: 'READY' };

  test('the ones that ship', () => {
    const templates = parseDvmTemplates(asset('chain/seed/compute/dvm-templates.json'));
    expect(templates.get('admission')).toMatchObject({ vcpus: 1, readyLine: 'LOGOS-DVM-READY' });
  });

  test.each([
    [[]],
    [[template, template]],
    [[{ ...template, name: '../a' }]],
    [[{ ...template, memoryMiB: 1 }]],
    [[{ ...template, readyLine: 'two words' }]],
    [[{ ...template, deadlineMs: -1 }]],
  ])('%j is refused', (templates) => {
    const refused = expect.objectContaining({ code: 'dvm-templates-invalid' });
    expect(() => parseDvmTemplates(bytes({ version: 1, templates }))).toThrow(refused);
    expect(() => parseDvmTemplates(bytes({ version: 2, templates: [template] }))).toThrow(refused);
    expect(() => parseDvmTemplates(new Uint8Array([0xff]))).toThrow(refused);
  });
});
