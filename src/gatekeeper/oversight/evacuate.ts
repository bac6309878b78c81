import type { AccountId, ConnectedChain, HostSigner, Operation, StartDvm } from '../../chain/index.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { toLogosError } from '../../system/errors.ts';
import { ATTEMPTS, findRoom, type RoomChain } from './find-room.ts';
import { guestsOf, type History, historyOf } from './guests.ts';
import type { Sizes } from './keep-places.ts';

/** What moving guests off a machine reads of the chain and tells it. */
export type EvacuatedChain = RoomChain & Pick<ConnectedChain, 'request' | 'member'>;

/** What became of a guest of a machine that was excluded. `over`: it was started elsewhere, or stopped by somebody since. */
export type Evacuated = { readonly guest: string } & (
  | { readonly to: AccountId; readonly is: 'asked' | 'starting' | 'over'; readonly operation: bigint }
  | { readonly is: 'failed'; readonly why: string }
);

/** Blocks in which the other host has to start it. */
const DEADLINE_BLOCKS = 200;

/**
 * Has the guests of an excluded machine start on other hosts of its class, one step at each call: the placement contract's
 * record is the lock, and only the host that it names is asked. A start that came to nothing is asked for again, and then
 * of another host. All is worked out from the chain anew, so whoever takes over goes on. `account` must have been
 * excluded in a final block. Only an operator of both contracts may. Throws when the chain can't be read.
 */
export async function evacuate(
  chain: EvacuatedChain,
  signer: HostSigner,
  account: AccountId,
  sizes: Pick<Sizes, 'needsOf'>,
): Promise<Evacuated[]> {
  const evacuated: Evacuated[] = [];
  for (const operation of guestsOf(await chain.operationsOf(account))) {
    const guest = operation.kind.name;
    try {
      evacuated.push(await moveGuest(chain, signer, operation, sizes));
    } catch (thrown) {
      evacuated.push({ guest, is: 'failed', why: toLogosError(thrown).message });
    }
  }
  return evacuated;
}

async function moveGuest(
  chain: EvacuatedChain,
  signer: HostSigner,
  lost: Operation<StartDvm>,
  sizes: Pick<Sizes, 'needsOf'>,
): Promise<Evacuated> {
  const { kind, host: account, id } = lost;
  const guest = kind.name;
  const to = await settle(chain, signer, lost, sizes);
  const { last, failures } = await historyAt(chain, to, lost);
  if (last !== undefined) {
    const isUnderWay = last.kind.kind === 'start-dvm' && last.state !== 'done';
    return { guest, to, is: isUnderWay ? 'starting' : 'over', operation: last.id };
  }
  const said = { evacuated: account, guest, operation: id.toString(), to, attempt: failures };
  const asked = await chain.request(signer, sha256Hex(canonicalJson(said)), to, kind, DEADLINE_BLOCKS);
  return { guest, to, is: 'asked', operation: asked.id };
}

/** Records where the guest goes, if that is not recorded yet, and gives what the record says then. */
async function settle(
  chain: EvacuatedChain,
  signer: HostSigner,
  lost: Operation<StartDvm>,
  { needsOf }: Pick<Sizes, 'needsOf'>,
): Promise<AccountId> {
  const { placement } = chain;
  const { host: account, id: after } = lost;
  const { name: guest, template } = lost.kind;
  const placed = await placement.placement(guest);
  if (placed === undefined) {
    const moved = await movedTo(chain, lost);
    if (moved !== undefined) return moved;
    const needs = needsOf(template);
    if (needs === undefined) throw new Error(`the chain has no template ${template}`);
    const to = await findRoom(chain, { guest, class: await classOf(chain, account), needs, after, not: [account] });
    await placement.place(signer, guest, to, needs);
  } else if (placed.host === account || (await isLostCause(chain, placed.host, lost))) {
    const { needs, host } = placed;
    const to = await findRoom(chain, { guest, class: await classOf(chain, host), needs, after, not: [account, host] });
    await placement.move(signer, guest, to);
  }
  const host = (await placement.placement(guest))?.host;
  if (host === undefined || host === account) throw new Error('its new place is not on record');
  return host;
}

/** Whether it will not start there: its host went out of service before it did, or it failed too often. */
async function isLostCause(chain: EvacuatedChain, host: AccountId, lost: Operation<StartDvm>): Promise<boolean> {
  const { last, failures } = await historyAt(chain, host, lost);
  if (failures >= ATTEMPTS) return true;
  if (last !== undefined && (last.state === 'done' || last.kind.kind === 'stop-dvm')) return false;
  return (await chain.machines.find(host))?.machine.state === 'excluded';
}

/** A guest that has no place any more may have been moved and then stopped: whoever was asked about it last. */
async function movedTo(chain: EvacuatedChain, lost: Operation<StartDvm>): Promise<AccountId | undefined> {
  for (const { account } of await chain.placement.hosts()) {
    if (account !== lost.host && (await historyAt(chain, account, lost)).last !== undefined) return account;
  }
  return undefined;
}

async function historyAt(chain: EvacuatedChain, host: AccountId, { kind, id }: Operation<StartDvm>): Promise<History> {
  return historyOf(await chain.operationsOf(host), kind.name, id);
}

/** As the placement contract has it, which its operators may have set; else as the host was admitted. */
async function classOf(chain: EvacuatedChain, account: AccountId): Promise<string> {
  const name = (await chain.placement.host(account))?.class ?? (await chain.member(account))?.admission.class;
  if (name === undefined) throw new Error('the class of its host is not known');
  return name;
}
