import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { type ComputePath, METADATA_NAMESPACE } from './domain-xml.ts';

/** What this program wrote into a domain's definition, or undefined when the domain is somebody else's. */
export function readOwnMark(xml: string): { path: ComputePath } | undefined {
  // libvirt keeps the namespace's declaration on the element but may choose another prefix: compare by namespace.
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseAttributeValue: false });
  const { metadata } = documentSchema.parse(parser.parse(xml)).domain;
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const [prefix, local] = name.split(':');
    if (local !== 'dvm') continue;
    const mark = markSchema.safeParse(value);
    if (mark.success && mark.data[`@xmlns:${prefix}`] === METADATA_NAMESPACE) return { path: mark.data['@path'] };
  }
  return undefined;
}

const documentSchema = z.object({
  domain: z.object({ metadata: z.union([z.record(z.string(), z.unknown()), z.literal('')]).optional() }),
});
const markSchema = z.object({ '@path': z.enum(['kvm', 'qemu']) }).catchall(z.unknown());

/** Which kinds of domain the host's libvirt offers for 64-bit PCs: its own claim, which proves nothing about /dev/kvm. */
export function readDomainTypes(capabilities: string): Set<string> {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    isArray: (name) => name === 'guest' || name === 'domain',
  });
  const { guest } = capabilitiesSchema.parse(parser.parse(capabilities)).capabilities;
  const pc = guest.filter(({ arch }) => arch['@name'] === 'x86_64');
  return new Set(pc.flatMap(({ arch }) => arch.domain.map((domain) => domain['@type'])));
}

const capabilitiesSchema = z.object({
  capabilities: z.object({
    guest: z
      .array(
        z.object({
          arch: z.object({ '@name': z.string(), domain: z.array(z.object({ '@type': z.string() })).default([]) }),
        }),
      )
      .default([]),
  }),
});
