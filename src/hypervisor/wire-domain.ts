import type { DomainReference } from './libvirt.ts';
import type { domainReference } from './rpc/protocol.ts';
import type { ValueOf } from './rpc/xdr.ts';

type WireDomain = ValueOf<typeof domainReference>;

/** A domain as the protocol carries it, with its UUID in words. */
export function fromWire(domain: WireDomain): DomainReference {
  const hex = Buffer.from(domain.uuid).toString('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { name: domain.name, uuid, id: domain.id };
}

export function toWire(domain: DomainReference): WireDomain {
  return { name: domain.name, uuid: Buffer.from(domain.uuid.replaceAll('-', ''), 'hex'), id: domain.id };
}
