import type { Lease } from '../../chain/index.ts';
import { Bug, ExitCode, UserError } from '../../system/errors.ts';
import type { Demand } from '../payload.ts';
import type { Asked, DomainValidator } from '../validate.ts';
import { isLike } from './condition.ts';
import type { W3biRules } from './w3bi-rules.ts';

/** Time to ask the chain for prices and leases, in milliseconds. */
const LIMIT_MS = 15_000;

/** What the chain says now of what is rented. Amounts in Planck. */
export interface LeaseFacts {
  /** A block of a class; `undefined` when it isn't for rent. */
  price(name: string): Promise<bigint | undefined>;
  /** What the account that pays has. */
  balance(): Promise<bigint>;
  lease(id: bigint): Promise<Lease | undefined>;
}

export interface W3biOptions {
  readonly rules: () => Promise<W3biRules>;
  readonly facts: LeaseFacts;
  /** The account that pays: this gatekeeper's. */
  readonly payer: string;
}

/** The W3bI validator: whether a customer's service is one that the community admitted, and can be paid for. */
export function w3biValidator({ rules, facts, payer }: W3biOptions): DomainValidator {
  return {
    limitMs: LIMIT_MS,
    async validate({ demand, request }) {
      switch (demand.kind) {
        case 'open-lease':
          checkCustomer(request, demand.payload.customer);
          return checkOpening(demand.payload, await rules(), facts);
        case 'settle-lease':
          await leaseOf(demand.payload.lease, facts);
          return;
        case 'cancel-lease': {
          const lease = await leaseOf(demand.payload.lease, facts);
          if (lease.payer !== payer) throw notOwn(`lease ${lease.id} was paid by ${lease.payer}`);
          checkCustomer(request, lease.customer);
          return;
        }
        default:
          throw new Bug(`The W3bI validator does not know ${demand.kind}.`);
      }
    },
  };
}

/**
 * Checks what a customer wants to rent. Throws UserError (exit code 3): `service-not-admitted`, `lease-time-refused`,
 * `class-not-for-rent`, `balance-too-low`.
 */
export async function checkOpening(
  wish: Extract<Demand, { kind: 'open-lease' }>['payload'],
  rules: W3biRules,
  facts: Pick<LeaseFacts, 'price' | 'balance'>,
): Promise<void> {
  const { service, class: name, blocks } = wish;
  const admitted = rules.services.find((candidate) => candidate.name === service);
  if (admitted === undefined || !admitted.classes.some((pattern) => isLike(name, pattern))) {
    const known = rules.services.map((candidate) => candidate.name).join(', ');
    throw refusal('service-not-admitted', `The community admits no service ${service} in the class ${name}.`, [
      `Choose one of: ${known}. Others are admitted by the community's vote.`,
    ]);
  }
  const { minimum, maximum } = rules.leaseBlocks;
  if (blocks < minimum || blocks > maximum) {
    throw refusal('lease-time-refused', `A lease of ${blocks} blocks is not between ${minimum} and ${maximum}.`, [
      'Choose another time; a lease can be opened again when it ends.',
    ]);
  }
  const price = await facts.price(name);
  if (price === undefined) {
    throw refusal('class-not-for-rent', `The class ${name} has no price: it is not for rent.`, [
      'Choose another class; prices are set by the community.',
    ]);
  }
  const needed = price * BigInt(blocks) + rules.reservePlanck;
  const has = await facts.balance();
  if (has < needed) {
    throw refusal(
      'balance-too-low',
      `The lease takes ${needed} Planck with what must remain; the account has ${has}.`,
      ['Send funds to the account (`logos chain keys` shows its address), or choose a shorter time.'],
    );
  }
}

async function leaseOf(id: bigint, facts: Pick<LeaseFacts, 'lease'>): Promise<Lease> {
  const lease = await facts.lease(id);
  if (lease !== undefined) return lease;
  throw refusal('lease-unknown', `There is no lease ${id}.`, ['Check its number.']);
}

/** Who signed asks for themselves. */
function checkCustomer({ origin }: Asked['request'], customer: string): void {
  if (origin.source === 'chain' || origin.key === undefined || origin.key === customer) return;
  throw notOwn(`it is for ${customer}, and ${origin.key} asks`);
}

function notOwn(why: string): UserError {
  return refusal('lease-not-own', `This lease is somebody else's: ${why}.`, ['Ask as the account that it is for.']);
}

function refusal(code: string, message: string, nextSteps: string[]): UserError {
  return new UserError(code, message, { nextSteps, exitCode: ExitCode.refused });
}
