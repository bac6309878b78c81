import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LibvirtLab, libvirtLabNeeds, startLibvirtLab } from '../../lab/libvirt.ts';
import {
  checkDiskImage,
  checkDocument,
  DISK_IMAGE_HEAD_BYTES,
  documentRulesSchema,
  parseStrictYaml,
  readArchive,
} from '../../src/gatekeeper/documents/index.ts';
import { parseStrictXml, type XmlElement } from '../../src/gatekeeper/documents/xml.ts';
import { domainXml } from '../../src/hypervisor/domain-xml.ts';
import type { Libvirt } from '../../src/hypervisor/index.ts';
import { LogosError } from '../../src/system/errors.ts';
import { cases } from '../cases.ts';
import { YAML_CASES } from '../corpora/suites.ts';

const lacks = libvirtLabNeeds();
const IMAGES = '/var/lib/logos/images';
const RULES = documentRulesSchema.parse({ directories: [IMAGES], networks: ['default'] });
const UUID = '00000000-0000-4000-8000-000000000077';

/** With much of what the table of allowed elements has. */
const RICH = `<domain type='qemu'><name>rich</name><uuid>${UUID}</uuid><title>A title</title>
<memory unit='MiB'>128</memory><currentMemory unit='MiB'>64</currentMemory><vcpu placement='static'>2</vcpu>
<cputune><shares>512</shares></cputune>
<os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/><bootmenu enable='no'/></os>
<features><acpi/><apic/></features>
<cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model><topology sockets='1' dies='1' cores='2' threads='1'/></cpu>
<clock offset='utc'><timer name='rtc' tickpolicy='catchup'/></clock>
<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
<devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' discard='unmap'/><source file='${IMAGES}/a.qcow2'/>
<target dev='vda' bus='virtio'/><iotune><total_iops_sec>500</total_iops_sec></iotune></disk>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${IMAGES}/b.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
<interface type='network'><mac address='52:54:00:12:34:56'/><source network='default'/><model type='virtio'/><mtu size='1400'/></interface>
<serial type='pty'><target type='isa-serial' port='0'/></serial>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<memballoon model='virtio'><stats period='10'/></memballoon>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<watchdog model='i6300esb' action='reset'/>
</devices></domain>`;

describe.skipIf(lacks)(`domains that the gatekeeper takes, at libvirt${lacks ? `: ${lacks}` : ''}`, () => {
  let lab: LibvirtLab;
  let libvirt: Libvirt;
  beforeAll(async () => {
    lab = await startLibvirtLab();
    libvirt = await lab.connect();
  });
  afterAll(async () => {
    await lab?.close();
  });

  const ours = domainXml({
    name: 'ours',
    uuid: UUID,
    vcpus: 1,
    memoryMiB: 128,
    path: 'qemu',
    kernel: `${IMAGES}/vmlinuz`,
    initramfs: `${IMAGES}/initramfs`,
  });

  test.each([
    ['our own', ours],
    ['a rich one', RICH],
  ])('%s comes back with all that it said', async (_, xml) => {
    const said = checkDocument('libvirt-domain', Buffer.from(xml), RULES).value as XmlElement;
    const domain = await libvirt.defineXml(xml);
    try {
      const kept = parseStrictXml(Buffer.from(await libvirt.domainXml(domain)));
      for (const fact of facts(said)) expect(facts(kept)).toContain(fact);
    } finally {
      await libvirt.undefine(domain);
    }
  });
});

/** What an element says, one line a text or attribute; amounts of memory in KiB, in which libvirt keeps them. */
function facts(element: XmlElement, path = ''): string[] {
  const at = `${path}/${element.name}`;
  const unit = element.attributes.get('unit');
  const text = unit === 'MiB' ? String(Number(element.text) * 1024) : element.text;
  const attributes = [...element.attributes].map(([name, value]) => {
    // libvirt names the version of a machine type, and this unit instead of another.
    if (name === 'machine') return `${at} machine ${value.replace(/^pc-(q35).*$/, '$1')}`;
    return `${at} ${name} ${value === 'MiB' ? 'KiB' : value}`;
  });
  return [`${at} ${text}`, ...attributes, ...element.children.flatMap((child) => facts(child, at))];
}

const hasQemuImg = existsSync('/usr/bin/qemu-img');

describe.skipIf(!hasQemuImg)(`images of qemu-img${hasQemuImg ? '' : ': needs qemu-utils'}`, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logos-images-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const SECRET = ['--object', 'secret,id=s,data=abc'];
  const make = (...args: string[]): void => {
    // It times its own key derivation for LUKS, and gives up where the kernel's count of CPU time is too coarse for that.
    for (let attempt = 1; ; attempt += 1) {
      const { status, stderr } = spawnSync('qemu-img', ['create', '-q', ...args], { cwd: directory });
      if (status === 0) return;
      if (attempt === 20 || !stderr.includes('accurate CPU usage')) throw new Error(`qemu-img: ${stderr}`);
    }
  };
  const verdict = async (file: string): Promise<string> => {
    const handle = await open(join(directory, file));
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(DISK_IMAGE_HEAD_BYTES), 0, DISK_IMAGE_HEAD_BYTES, 0);
      const format = file.endsWith('.qcow2') ? 'qcow2' : 'raw';
      const head = buffer.subarray(0, bytesRead);
      return String(checkDiskImage(head, { format, fileBytes: size, maximumBytes: 2 ** 40 }).virtualBytes);
    } catch (error) {
      if (!(error instanceof LogosError)) throw error;
      return error.message;
    } finally {
      await handle.close();
    }
  };

  test.each([
    ['plain.qcow2', ['-f', 'qcow2', 'plain.qcow2', '1G'], String(2 ** 30)],
    ['old.qcow2', ['-f', 'qcow2', '-o', 'compat=0.10', 'old.qcow2', '1G'], String(2 ** 30)],
    [
      'new.qcow2',
      ['-f', 'qcow2', '-o', 'extended_l2=on,compression_type=zstd,cluster_size=128k', 'new.qcow2', '1G'],
      String(2 ** 30),
    ],
    ['plain.raw', ['-f', 'raw', 'plain.raw', '64M'], String(64 * 2 ** 20)],
    ['backed.qcow2', ['-f', 'qcow2', '-b', '/etc/hostname', '-F', 'raw', 'backed.qcow2', '1G'], /backing file/],
    ['outside.qcow2', ['-f', 'qcow2', '-o', 'data_file=other.raw', 'outside.qcow2', '1G'], /another file/],
    [
      'secret.qcow2',
      [
        ...SECRET,
        '-f',
        'qcow2',
        '-o',
        'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10',
        'secret.qcow2',
        '64M',
      ],
      /encrypted/,
    ],
    ['huge.qcow2', ['-f', 'qcow2', 'huge.qcow2', '2T'], /bytes are allowed|are allowed/],
    ['qcow.raw', ['-f', 'qcow2', 'qcow.raw', '1G'], /called raw/],
    ['a.vmdk', ['-f', 'vmdk', 'a.vmdk', '64M'], /VMDK/],
    ['flat.vmdk', ['-f', 'vmdk', '-o', 'subformat=monolithicFlat', 'flat.vmdk', '64M'], /VMDK/],
    ['a.vdi', ['-f', 'vdi', 'a.vdi', '64M'], /VDI/],
    ['a.vhdx', ['-f', 'vhdx', 'a.vhdx', '64M'], /VHDX/],
    ['a.vpc', ['-f', 'vpc', 'a.vpc', '64M'], /VHD/],
    ['a.qed', ['-f', 'qed', 'a.qed', '64M'], /QED/],
    ['a.parallels', ['-f', 'parallels', 'a.parallels', '64M'], /Parallels/],
    ['a.luks', [...SECRET, '-f', 'luks', '-o', 'key-secret=s,iter-time=10', 'a.luks', '64M'], /LUKS/],
  ] as const)('%s', async (file, args, expected) => {
    make(...args);
    expect(await verdict(file)).toMatch(expected);
  });
});

test('an archive of tar is read, and not one with a link', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'logos-archive-'));
  try {
    const tar = (): Buffer =>
      execFileSync('tar', ['--format=ustar', '-c', '-C', directory, '.'], { maxBuffer: 1 << 24 });
    execFileSync('sh', ['-c', 'mkdir roles && echo "a: 1" > roles/main.yml && chmod 755 roles/main.yml'], {
      cwd: directory,
    });
    const files = readArchive(tar());
    expect(files.map(({ path, executable, bytes }) => [path, executable, Buffer.from(bytes).toString()])).toEqual([
      ['roles/main.yml', true, 'a: 1\n'],
    ]);
    execFileSync('ln', ['-s', '/etc/passwd', 'link'], { cwd: directory });
    expect(() => readArchive(tar())).toThrow(expect.objectContaining({ code: 'document-forbidden' }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

const PIECES = [
  'a',
  ': ',
  ':',
  '- ',
  '\n',
  '  ',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  ', ',
  '|\n',
  '>-\n',
  '#',
  ' #',
  '?',
  'yes',
  '1',
  '0.5',
  '...',
  '---',
  '\\',
  '=',
  '<<',
  '~',
  '1:2',
  '!',
  '&',
  '*',
  '.',
  '+1',
  '-0',
  '\t',
  '%',
  'é',
];

/** What ends, opens or joins texts: where readers differ most. */
const HOT = [
  '"',
  "'",
  "''",
  '\\',
  '\\"',
  '\n',
  ' ',
  '  ',
  '\t',
  '|\n',
  '>\n',
  '- ',
  ': ',
  '#',
  ' #',
  '{',
  '}',
  '[',
  ']',
  ',',
  '?',
  '---\n',
  '...\n',
];

const hasPyYaml = spawnSync('python3', ['-c', 'import yaml']).status === 0;

/**
 * Reads a list of texts and prints for each what PyYAML, which Ansible uses, makes of it; null: it refuses. Mappings are
 * printed as pairs: JSON.parse of V8 13 takes some keys with escapes for others.
 */
const PY_YAML = `
import json, sys, yaml
def pairs(value):
    if isinstance(value, dict): return {"pairs": [[key, pairs(inner)] for key, inner in value.items()]}
    return [pairs(inner) for inner in value] if isinstance(value, list) else value
def read(text):
    try: return {"value": pairs(yaml.safe_load(text))}
    except yaml.YAMLError: return None
    except ValueError: return None
print(json.dumps([read(text) for text in json.load(sys.stdin)], default=lambda it: "other: " + repr(it)))
`;

/** The same of what our reader makes of a text, in an order of its own. */
function pairs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pairs);
  if (typeof value !== 'object' || value === null) return value;
  return sorted({ pairs: Object.entries(value).map(([key, inner]) => [key, pairs(inner)]) });
}

/** What has pairs, here or deeper, in one order: objects put keys that look like numbers first. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const { pairs: all } = value as { pairs: [string, unknown][] };
  const inner = all.map(([key, it]): [string, unknown] => [key, sorted(it)]);
  return { pairs: inner.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

describe.skipIf(!hasPyYaml)(`YAML that is taken${hasPyYaml ? '' : ': needs python3-yaml'}`, () => {
  test('is the same to PyYAML, or refused by it', () => {
    const texts = YAML_CASES.map(({ yaml }) => yaml);
    const changed = fc
      .tuple(
        fc.constantFrom(...texts),
        fc.nat(),
        fc.nat({ max: 5 }),
        fc.constantFrom(...PIECES),
        fc.string({ maxLength: 3 }),
      )
      .map(([text, at, cut, piece, put]) => {
        const from = at % Math.max(1, text.length);
        return (text.slice(0, from) + piece + put + text.slice(from + cut)).toWellFormed();
      });
    const hot = fc.tuple(fc.nat(), fc.nat({ max: 4 }), fc.constantFrom(...HOT));
    const edited = fc
      .tuple(fc.constantFrom(...texts), fc.array(hot, { minLength: 1, maxLength: 4 }))
      .map(([text, edits]) =>
        edits.reduce((changing, [at, cut, piece]) => {
          const from = at % Math.max(1, changing.length);
          return changing.slice(0, from) + piece + changing.slice(from + cut);
        }, text),
      )
      .map((text) => text.toWellFormed());
    const made = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(''));
    const taken: [string, unknown][] = [];
    for (const text of fc.sample(fc.oneof(changed, edited, made), cases(30_000))) {
      try {
        taken.push([text, parseStrictYaml(Buffer.from(text))]);
      } catch (error) {
        expect((error as Error).name).toBe('DocumentFault');
      }
    }
    expect(taken.length).toBeGreaterThan(cases(30_000) / 10);
    const options = { input: JSON.stringify(taken.map(([text]) => text)), maxBuffer: 1 << 28 };
    const read = JSON.parse(execFileSync('python3', ['-c', PY_YAML], options).toString()) as ({
      value: unknown;
    } | null)[];
    const agreed = taken.filter(([text, value], index) => {
      const theirs = read[index];
      if (theirs) expect([text, sorted(theirs.value)]).toEqual([text, pairs(value)]);
      return Boolean(theirs);
    });
    expect(agreed.length).toBeGreaterThan(taken.length / 2);
  });
});
