import { z } from 'zod';
import type {
  Access,
  DeploymentProposal,
  GuestPlacement,
  HostResources,
  Lease,
  PlacementHost,
} from '../contract-types.ts';
import type { Hash } from '../types.ts';

/** What the privacy, placement, deployment and lease contracts answer, in the JSON form of polkadot.js. */

const hash = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hash>;
const hex = z.string().regex(/^0x([0-9a-f]{2})*$/);
const account = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{46,50}$/);
const u32 = z.number().int().min(0).max(0xffffffff);
const name = z.string().max(128);
/** polkadot.js writes numbers beyond 2^53 in hexadecimal. */
const big = z.union([z.number().int().nonnegative(), z.string().regex(/^0x[0-9a-f]{1,32}$/)]).transform(BigInt);
const small = big.transform(Number).refine(Number.isSafeInteger);
const bytes = (limit: number) =>
  hex.max(2 + 2 * limit).transform((text): Uint8Array => new Uint8Array(Buffer.from(text.slice(2), 'hex')));
const lower = <T extends string>(names: readonly string[]) =>
  z.enum(names).transform((label) => label.toLowerCase() as T);

export const number32 = u32;
export const optionalNumber32 = u32.nullable();
export const id64 = big;
export const optionalBalance = big.nullable();

const MAX_SEALED_BYTES = 8 * 1024;
export const publicKey = bytes(32).nullable();
export const role = z.object({ epoch: u32, publicKey: bytes(32), version: small }).nullable();
const access = lower<Access>(['Reader', 'Writer', 'Keeper']);
export const members = z.array(z.tuple([account, z.object({ access, share: bytes(80) })])).max(64);
const sealedValue = z.object({ sealed: bytes(MAX_SEALED_BYTES), epoch: u32, version: small, by: account, since: u32 });
export type SealedValue = z.infer<typeof sealedValue>;
export const values = z.array(z.tuple([hash, sealedValue])).max(64);
const data = z.object({ root: hash, size: small });
export const anchor = data.nullable();
export const challenge = z
  .object({ holder: account, anchor: data, index: u32, deadline: u32 })
  .transform(({ anchor: of, ...rest }) => ({ ...rest, root: of.root, size: of.size }))
  .nullable();

const resources: z.ZodType<HostResources> = z
  .object({ vcpus: small, memoryMib: small, diskGib: small })
  .transform(({ vcpus, memoryMib, diskGib }) => ({ vcpus, memoryMiB: memoryMib, diskGiB: diskGib }));
const hostObject: z.ZodType<PlacementHost> = z.object({
  class: name,
  capacity: resources,
  used: resources,
  guests: u32,
  open: z.boolean(),
});
export const host = hostObject.nullable();
export const hosts = z.array(z.tuple([account, hostObject])).max(64);
export const hostClass = z.object({ capacity: resources, used: resources });
export const placement: z.ZodType<GuestPlacement | null> = z
  .object({ host: account, needs: resources, by: account, since: u32 })
  .nullable();

const digest = hash.transform((text) => text.slice(2));
const proposalObject: z.ZodType<DeploymentProposal> = z.object({
  id: big,
  author: account,
  change: z
    .object({ target: name, closure: digest, size: small, replaces: digest.nullable() })
    .transform(({ replaces, ...rest }) => (replaces === null ? rest : { ...rest, replaces })),
  status: lower<DeploymentProposal['status']>([
    'Proposed',
    'Approved',
    'Applied',
    'Failed',
    'Rejected',
    'Withdrawn',
    'Expired',
  ]),
  approvals: z.array(account).max(32),
  threshold: u32,
  proposedAt: u32,
  deadline: u32,
});
export const proposal = proposalObject.nullable();
export const proposals = z.array(proposalObject).max(64);

export const lease: z.ZodType<Lease | null> = z
  .object({
    id: big,
    customer: account,
    payer: account,
    class: name,
    price: big,
    from: u32,
    until: u32,
    settledUntil: u32,
    status: lower<Lease['status']>(['Active', 'Ended', 'Cancelled']),
  })
  .nullable();
