import { compactFromU8a } from '@polkadot/util';
import { blake2AsHex, decodeAddress } from '@polkadot/util-crypto';
import { z } from 'zod';
import type { DevChain } from './chain.ts';
import type { StoredBlock } from './database.ts';
import { developerMethods } from './developer.ts';
import { RuntimeFailure } from './executor/failure.ts';
import { signerOf } from './extrinsics.ts';
import { decodeHeader, type Header } from './header.ts';
import { fromHex, type Hex, toHex } from './hex.ts';
import { TransactionRefused } from './pool.ts';
import { RpcError, type RpcMethod, type RpcMethods } from './rpc-types.ts';
import type { State } from './state.ts';
import { decodeVersion } from './version.ts';

const hex = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-f]*$/i.test(value), 'not hexadecimal');
const hash = hex.nullish();
const height = z.union([z.number().int().nonnegative(), hex.transform(Number)]);
const PAGE_LIMIT = 1_000;
const keyList = z.array(hex).max(10_000);

/** Every call of the usual Substrate RPC that asks and is answered once. */
export function rpcMethods(chain: DevChain): RpcMethods {
  const storage = (at: unknown): State => {
    const view = chain.storageAt(blockOf(chain, at));
    if (view === undefined) throw new RpcError(4003, 'Client error: State already discarded for this block');
    return view;
  };
  const call = (entry: string, argument: Hex, at: unknown): Hex => {
    try {
      return chain.call(entry, argument, blockOf(chain, at));
    } catch (error) {
      if (error instanceof RuntimeFailure) throw new RpcError(4001, `Client error: ${error.message}`);
      throw error;
    }
  };
  const child = (key: unknown, at: unknown): State => storage(at).child(hex.parse(key));
  const getStorage: RpcMethod = ([key, at]) => hexOrNull(storage(at).get(hex.parse(key)));
  const getKeys: RpcMethod = ([prefix, size, after, at]) =>
    storage(at).keys(hex.nullish().parse(prefix) ?? '0x', after ? hex.parse(after) : undefined, pageSize(size));
  const values: RpcMethod = ([keys, at]) => {
    const [view, block] = [storage(at), blockOf(chain, at)];
    return [
      {
        block: block.hash,
        changes: z
          .array(hex)
          .parse(keys)
          .map((key) => [key, hexOrNull(view.get(key))]),
      },
    ];
  };
  const stateCall: RpcMethod = ([entry, argument, at]) =>
    call(z.string().max(128).parse(entry), hex.parse(argument), at);

  return {
    system_chain: () => chain.specification.name,
    system_name: () => 'Logos development chain',
    system_version: () => '1',
    system_chainType: () => 'Development',
    system_properties: () => chain.specification.properties,
    system_health: () => ({ peers: 0, isSyncing: false, shouldHavePeers: false }),
    system_peers: () => [],
    system_nodeRoles: () => ['Authority'],
    system_localListenAddresses: () => [],
    system_accountNextIndex: ([address]) => nextIndex(chain, z.string().max(128).parse(address)),
    chain_getHeader: ([at]) => decodeHeader(blockOf(chain, at).header),
    chain_getBlock: ([at]) => signedBlock(blockOf(chain, at)),
    chain_getBlockHash: ([at]) => blockHashes(chain, at),
    chain_getFinalizedHead: () => chain.head.hash,
    state_getMetadata: ([at]) => {
      const wrapped = fromHex(call('Metadata_metadata', '0x', at));
      return toHex(wrapped.subarray(compactFromU8a(wrapped)[0]));
    },
    state_getRuntimeVersion: ([at]) => decodeVersion(call('Core_version', '0x', at)),
    state_call: stateCall,
    state_callAt: stateCall,
    state_getStorage: getStorage,
    state_getStorageAt: getStorage,
    state_getStorageSize: ([key, at]) => storage(at).get(hex.parse(key))?.length ?? null,
    state_getStorageHash: ([key, at]) => {
      const value = storage(at).get(hex.parse(key));
      return value === undefined ? null : blake2AsHex(value, 256);
    },
    state_getKeysPaged: getKeys,
    state_getKeysPagedAt: getKeys,
    state_queryStorageAt: values,
    state_getReadProof: ([keys, at]) => ({
      at: blockOf(chain, at).hash,
      proof: storage(at).proof(keyList.parse(keys)).map(toHex),
    }),
    childstate_getStorage: ([trie, key, at]) => hexOrNull(child(trie, at).get(hex.parse(key))),
    childstate_getStorageSize: ([trie, key, at]) => child(trie, at).get(hex.parse(key))?.length ?? null,
    childstate_getStorageEntries: ([trie, keys, at]) =>
      keyList.parse(keys).map((key) => hexOrNull(child(trie, at).get(key))),
    childstate_getKeysPaged: ([trie, prefix, size, after, at]) =>
      child(trie, at).keys(hex.nullish().parse(prefix) ?? '0x', after ? hex.parse(after) : undefined, pageSize(size)),
    state_getChildReadProof: ([trie, keys, at]) => ({
      at: blockOf(chain, at).hash,
      // The child's root is itself a value that has to be proven.
      proof: [...storage(at).proof([hex.parse(trie)]), ...child(trie, at).proof(keyList.parse(keys))].map(toHex),
    }),
    author_pendingExtrinsics: () => chain.pendingExtrinsics,
    author_submitExtrinsic: async ([extrinsic]) => {
      const bytes = hex.parse(extrinsic);
      await submit(chain, bytes);
      return blake2AsHex(fromHex(bytes), 256);
    },
    payment_queryInfo: ([extrinsic, at]) => call('TransactionPaymentApi_query_info', withLength(extrinsic), at),
    payment_queryFeeDetails: ([extrinsic, at]) =>
      call('TransactionPaymentApi_query_fee_details', withLength(extrinsic), at),
    ...developerMethods(chain),
  };
}

/** Hands a transaction to the chain; a refusal is JSON-RPC error 1010, as in a node. */
export async function submit(chain: DevChain, extrinsic: Hex): Promise<void> {
  try {
    await chain.submit(extrinsic);
  } catch (error) {
    if (error instanceof TransactionRefused) throw new RpcError(1010, `Invalid Transaction: ${error.message}`);
    throw error;
  }
}

function blockOf(chain: DevChain, at: unknown): StoredBlock {
  const wanted = hash.parse(at);
  if (wanted === null || wanted === undefined) return chain.head;
  const block = chain.block(wanted);
  if (block === undefined) throw new RpcError(4001, `Client error: Unknown block ${wanted}`);
  return block;
}

function signedBlock(block: StoredBlock): {
  block: { header: Header; extrinsics: readonly Hex[] };
  justifications: null;
} {
  return { block: { header: decodeHeader(block.header), extrinsics: block.extrinsics }, justifications: null };
}

function blockHashes(chain: DevChain, at: unknown): unknown {
  if (at === null || at === undefined) return chain.head.hash;
  if (Array.isArray(at)) return at.slice(0, PAGE_LIMIT).map((one) => blockHashes(chain, one));
  return chain.blockAt(height.parse(at))?.hash ?? null;
}

/** The account's next nonce, counting what it has in the pool. */
function nextIndex(chain: DevChain, address: string): number {
  const nonce = fromHex(chain.call('AccountNonceApi_account_nonce', toHex(decodeAddress(address))));
  // One that waits for another leaves that one's number free.
  const pending = chain.readyExtrinsics.filter((extrinsic) => signerOf(extrinsic) === address).length;
  return new DataView(nonce.buffer, nonce.byteOffset).getUint32(0, true) + pending;
}

function pageSize(size: unknown): number {
  return z.number().int().min(1).max(PAGE_LIMIT).parse(size);
}

function hexOrNull(value: Uint8Array | undefined): Hex | null {
  return value === undefined ? null : toHex(value);
}

/** These runtime calls take an opaque extrinsic and its length as u32. */
function withLength(extrinsic: unknown): Hex {
  const bytes = fromHex(hex.parse(extrinsic));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return toHex(Buffer.concat([bytes, length]));
}
