import type { DomainReference } from './libvirt.ts';
import type { RpcConnection } from './rpc/connection.ts';
import { procedures } from './rpc/protocol.ts';
import { toWire } from './wire-domain.ts';

const REVERT_RUNNING = 1;

/** libvirt's calls on the snapshots of a domain: disk and memory together, kept inside its qcow2 disk. */
export class SnapshotCalls {
  readonly #rpc: RpcConnection;

  constructor(rpc: RpcConnection) {
    this.#rpc = rpc;
  }

  /** `xml`: a `domainsnapshot`. Returns when it is on disk; the guest stands still meanwhile. */
  async create(dom: DomainReference, xml: string): Promise<void> {
    await this.#rpc.call(procedures.domainSnapshotCreateXml, { dom: toWire(dom), xmlDesc: xml, flags: 0 });
  }

  async list(dom: DomainReference): Promise<string[]> {
    const args = { dom: toWire(dom), needResults: 1, flags: 0 };
    return (await this.#rpc.call(procedures.domainListAllSnapshots, args)).snapshots.map(({ name }) => name);
  }

  /** The guest goes on from where it was then. */
  async revert(dom: DomainReference, name: string): Promise<void> {
    await this.#rpc.call(procedures.domainRevertToSnapshot, { snap: this.#wire(dom, name), flags: REVERT_RUNNING });
  }

  async delete(dom: DomainReference, name: string): Promise<void> {
    await this.#rpc.call(procedures.domainSnapshotDelete, { snap: this.#wire(dom, name), flags: 0 });
  }

  #wire(dom: DomainReference, name: string) {
    return { name, dom: toWire(dom) };
  }
}
