import type { ApiPromise } from '@polkadot/api';
import { Bug } from '../../system/errors.ts';
import type { AccountId } from '../types.ts';
import type { Gas } from './contract.ts';
import type { Transaction } from './transactions.ts';

/** A block may come between the dry run and the transaction, and the state may have grown by then. */
const GAS_MARGIN_PERCENT = 130n;
/** Or it makes a call do what it didn't in the dry run, such as pay for that block. What isn't used is given back. */
const GAS_MARGIN: Gas = { refTime: 2_000_000_000n, proofSize: 64n * 1024n };

/**
 * Calls a contract. Where the runtime has the registry of gatekeepers, a registered contract is called through it, and the
 * contracts pallet's own call would be refused; an older runtime has that one only. `data`: message and arguments with
 * their length, as `Abi` gives them.
 */
export function callTransaction(
  api: ApiPromise,
  contract: AccountId,
  value: bigint,
  gas: Gas,
  data: Uint8Array,
): Transaction {
  return transaction(api.tx.scl?.callContract ?? api.tx.contracts?.call, contract, value, gas, data);
}

/** Calls a contract that isn't registered yet: the registry calls none that it doesn't know. */
export function unregisteredCall(api: ApiPromise, contract: AccountId, gas: Gas, data: Uint8Array): Transaction {
  return transaction(api.tx.contracts?.call, contract, 0n, gas, data);
}

function transaction(
  call: ((...args: unknown[]) => Transaction) | undefined,
  contract: AccountId,
  value: bigint,
  gas: Gas,
  data: Uint8Array,
): Transaction {
  if (call === undefined) throw new Bug('The runtime can call no contracts.');
  return call(contract, value, gas, null, data);
}

/** Gas for a call whose dry run took `gas`. */
export function widen(gas: Gas): Gas {
  return {
    refTime: (gas.refTime * GAS_MARGIN_PERCENT) / 100n + GAS_MARGIN.refTime,
    proofSize: (gas.proofSize * GAS_MARGIN_PERCENT) / 100n + GAS_MARGIN.proofSize,
  };
}
