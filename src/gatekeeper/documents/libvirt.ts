import { DocumentFault } from './fault.ts';
import { DOMAIN_TABLE, NETWORK_TABLE } from './libvirt-table.ts';
import type { DocumentRules } from './rules.ts';
import { parseStrictXml, type XmlElement } from './xml.ts';
import { checkElements } from './xml-table.ts';

const MAX_BYTES = 64 * 1024;

/** Reads a libvirt domain that holds nothing but what libvirt-table.ts lists. Throws DocumentFault. */
export function checkDomain(bytes: Uint8Array, rules: DocumentRules): XmlElement {
  const domain = parseStrictXml(bytes, { bytes: MAX_BYTES });
  checkElements(domain, DOMAIN_TABLE, rules);
  checkHas(domain, ['name', 'memory', 'os']);
  const devices = child(domain, 'devices')?.children ?? [];
  for (const [index, disk] of devices.filter(({ name }) => name === 'disk').entries()) {
    // Without a driver libvirt takes its default, and older versions look into the image.
    checkHas(disk, ['driver', 'source', 'target'], `/domain/devices/disk[${index + 1}]`);
  }
  return domain;
}

/** Reads a virtual network of libvirt, as checkDomain reads a domain. Throws DocumentFault. */
export function checkNetwork(bytes: Uint8Array, rules: DocumentRules): XmlElement {
  const network = parseStrictXml(bytes, { bytes: MAX_BYTES });
  checkElements(network, NETWORK_TABLE, rules);
  checkHas(network, ['name']);
  return network;
}

function checkHas(element: XmlElement, names: readonly string[], where = `/${element.name}`): void {
  for (const name of names) {
    if (child(element, name) === undefined) throw new DocumentFault('malformed', `it has no ${name}`, where);
  }
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((it) => it.name === name);
}
