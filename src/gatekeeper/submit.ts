import type { ConnectedChain, HostSigner, LogosChain, TransactionReceipt } from '../chain/index.ts';
import { Bug } from '../system/errors.ts';
import type { Made, Sending } from './receipt.ts';
import type { ContractCall } from './translator.ts';

/** The chain that calls are sent to: not every connection speaks with the contracts for leases and deployments. */
export type CalledChain = LogosChain & Partial<Pick<ConnectedChain, 'deployment' | 'leases'>>;

/** Sends the message of a call once. Throws what the chain throws, and Bug for a connection that lacks the contract. */
export async function submit(call: ContractCall, chain: CalledChain, signer: HostSigner): Promise<Sending> {
  const { content, requestId } = call;
  switch (content.message) {
    case 'admit':
      return accepted(await chain.admit(signer, requestId, content.arguments.admission));
    case 'leave':
      return accepted(await chain.leave(signer));
    case 'claim':
      return accepted(await chain.claim(signer, content.arguments.id));
    case 'complete':
      return accepted(await chain.complete(signer, content.arguments.id, content.arguments.outcome));
    case 'request': {
      const { host, kind, deadlineBlocks } = content.arguments;
      const { id: operation, ...receipt } = await chain.request(signer, requestId, host, kind, deadlineBlocks);
      return accepted(receipt, { operation });
    }
    case 'open': {
      const { id: lease, ...receipt } = await leasesOf(chain).open(signer, requestId, content.arguments);
      return accepted(receipt, { lease });
    }
    case 'settle':
    case 'cancel':
      return accepted(await leasesOf(chain)[content.message](signer, content.arguments.id));
    case 'propose': {
      const { change, waitBlocks } = content.arguments;
      const { id: proposal, ...receipt } = await deploymentOf(chain).propose(signer, requestId, change, waitBlocks);
      return accepted(receipt, { proposal });
    }
    case 'approve':
    case 'reject':
    case 'withdraw':
    case 'expire':
      return accepted(await deploymentOf(chain)[content.message](signer, content.arguments.id));
    case 'report':
      return accepted(await deploymentOf(chain).report(signer, content.arguments.id, content.arguments.outcome));
  }
}

function accepted({ transaction, block, height }: TransactionReceipt, made: Made = {}): Sending {
  return { outcome: 'accepted', transaction: { transaction, block, height }, ...made };
}

function leasesOf({ leases }: CalledChain) {
  if (leases === undefined) throw notServed('leases');
  return leases;
}

function deploymentOf({ deployment }: CalledChain) {
  if (deployment === undefined) throw notServed('deployments');
  return deployment;
}

function notServed(what: string): Bug {
  return new Bug(`This connection does not reach the contract for ${what}.`);
}
