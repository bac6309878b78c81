import { run_task as runTask } from '@acala-network/chopsticks-executor';
import { z } from 'zod';
import { Bug } from '../../system/errors.ts';
import type { Hex } from './hex.ts';
import { AFTER_CHILDREN, isChildKey, type StorageDiff, type StorageView, splitChildKey } from './state.ts';

/** One entry point of the runtime and its SCALE-encoded argument. */
export type RuntimeCall = readonly [entry: string, argument: Hex];

export interface RuntimeResult {
  /** What the last of the calls returned, SCALE-encoded. */
  result: Hex;
  /** What all calls together changed. */
  diff: StorageDiff;
}

/** Runs calls into a runtime over a storage view, one after the other, each seeing what those before it changed. */
export type Executor = (code: Hex, calls: readonly RuntimeCall[], storage: StorageView) => Promise<RuntimeResult>;

const hex = z.custom<Hex>((value) => typeof value === 'string' && value.startsWith('0x'));
const response = z.union([
  z.object({ Call: z.object({ result: hex, storageDiff: z.array(z.tuple([hex, hex.nullish()])) }) }),
  z.object({ Error: z.string() }),
]);

/** A runtime that panicked or can't be run. */
export class RuntimeFailure extends Error {}

/**
 * The Wasm executor of Chopsticks (smoldot's, compiled to Wasm). It sets the runtime up anew for every task, which is
 * most of a task's 130 ms, so callers put as many calls into one as they can.
 */
export const execute: Executor = async (code, calls, storage) => {
  const answer = response.parse(
    await runTask(
      {
        id: 0,
        wasm: code,
        calls: calls.map(([entry, argument]) => [entry, [argument]]),
        mockSignatureHost: 0,
        allowUnresolvedImports: false,
        runtimeLogLevel: 0,
        storageProofSize: 0,
      },
      hostFunctions(storage),
    ),
  );
  if ('Error' in answer) throw new RuntimeFailure(answer.Error);
  return {
    result: answer.Call.result,
    diff: new Map(answer.Call.storageDiff.map(([key, value]) => [key, value ?? null])),
  };
};

function hostFunctions(storage: StorageView) {
  const refuse = async (): Promise<never> => {
    throw new Bug('The development chain runs no off-chain workers.');
  };
  return {
    getStorage: async (key: string) => storage.get(key as Hex),
    getNextKey: async (prefix: string, key: string) => {
      // The executor asks for a child trie's keys with the trie's name in front, and wants the answer without it.
      if (!isChildKey(key)) return nextMainKey(storage, prefix as Hex, key as Hex);
      const [trie] = splitChildKey(key as Hex);
      const next = storage.keys((isChildKey(prefix) ? prefix : trie) as Hex, key as Hex, 1)[0];
      return next === undefined ? undefined : splitChildKey(next)[1];
    },
    offchainGetStorage: refuse,
    offchainTimestamp: async () => Date.now(),
    offchainRandomSeed: refuse,
    offchainSubmitTransaction: refuse,
  };
}

/** Child tries are no part of the main one, though we keep them in the same map. */
function nextMainKey(storage: StorageView, prefix: Hex, after: Hex): Hex | undefined {
  const next = storage.keys(prefix, after, 1)[0];
  return next !== undefined && isChildKey(next) ? storage.keys(prefix, AFTER_CHILDREN, 1)[0] : next;
}
