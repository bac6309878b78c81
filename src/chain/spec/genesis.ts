import { compactAddLength, compactFromU8a, hexToU8a, stringToU8a, u8aConcat } from '@polkadot/util';
import { encodeAddress } from '@polkadot/util-crypto';
import { type Bytes, callRuntime } from '../runtime-call.ts';
import { specInvalid } from './errors.ts';
import { exactNumber, isObject, mergeJson, parseJson } from './json.ts';
import type { Network } from './network.ts';

/** Names of session keys in the genesis document, by their key type. */
const KEY_NAMES: Readonly<Record<string, string>> = {
  babe: 'babe',
  gran: 'grandpa',
  imon: 'im_online',
  audi: 'authority_discovery',
};

/**
 * The state of the first block, by key in hexadecimal without `0x`, as the runtime's own genesis builder makes it. `:code`
 * is not in it. `preset` is what everything that the founders don't decide is taken from. Throws UserError `spec-invalid`.
 */
export function buildGenesis(code: Bytes, network: Network, preset: string): Map<string, Bytes> {
  const base = mergeJson(readPreset(code, undefined), readPreset(code, preset));
  const document = mergeJson(base, foundersPatch(code, network, base));
  const argument = compactAddLength(stringToU8a(JSON.stringify(document)));
  const { result, state } = callRuntime(code, 'GenesisBuilder_build_state', argument);
  if (result[0] !== 0) {
    throw specInvalid(
      'The runtime builds no state',
      new TextDecoder().decode(unwrapped(result.subarray(1))).slice(0, 500),
    );
  }
  return state;
}

function readPreset(code: Bytes, name: string | undefined): unknown {
  const id = name === undefined ? new Uint8Array([0]) : u8aConcat([1], compactAddLength(stringToU8a(name)));
  const { result } = callRuntime(code, 'GenesisBuilder_get_preset', id);
  if (result[0] !== 1) throw specInvalid('The runtime', `it has no genesis preset ${name ?? 'by default'}`);
  return parseJson(new TextDecoder().decode(unwrapped(result.subarray(1))));
}

function foundersPatch(code: Bytes, network: Network, base: unknown): unknown {
  const { validators, endowments, council, administrator, stake } = network;
  const pallets = isObject(base) ? base : {};
  const staking = isObject(pallets.staking) ? pallets.staking : {};
  if (council.length > 0 && pallets.council === undefined) throw specInvalid('The runtime', 'it has no council');
  const least = Math.min(Number(staking.minimumValidatorCount ?? 1), validators.length);
  return {
    balances: { balances: Object.entries(endowments).map(([account, amount]) => [account, exactNumber(amount)]) },
    session: { keys: validators.map(({ account, keys }) => [account, account, sessionKeys(code, account, keys)]) },
    staking: {
      invulnerables: [],
      minimumValidatorCount: Math.max(1, least),
      stakers: validators.map(({ account }) => [account, account, exactNumber(stake), 'Validator']),
      validatorCount: Math.max(Number(staking.validatorCount ?? 0), validators.length),
    },
    sudo: { key: administrator ?? null },
    ...(pallets.council === undefined ? {} : { council: { members: council } }),
  };
}

/** Takes apart what `author_rotateKeys` gave, which only the runtime knows how to. */
function sessionKeys(code: Bytes, account: string, keys: string): Record<string, string> {
  const argument = compactAddLength(hexToU8a(keys as `0x${string}`));
  const { result } = callRuntime(code, 'SessionKeys_decode_session_keys', argument);
  if (result[0] !== 1) throw specInvalid(`The session keys of ${account}`, 'the runtime can not read them');
  let at = 1;
  const compact = (): number => {
    const [length, value] = compactFromU8a(result.subarray(at));
    at += length;
    return value.toNumber();
  };
  const take = (length: number): Bytes => {
    at += length;
    return result.subarray(at - length, at);
  };
  const entries = Array.from({ length: compact() }, () => {
    const key = take(compact());
    const type = new TextDecoder().decode(take(4));
    return [KEY_NAMES[type] ?? type, encodeAddress(key, 42)] as const;
  });
  return Object.fromEntries(entries);
}

/** Bytes without their length in front. */
function unwrapped(encoded: Bytes): Bytes {
  const [offset, length] = compactFromU8a(encoded);
  return encoded.subarray(offset, offset + length.toNumber());
}
