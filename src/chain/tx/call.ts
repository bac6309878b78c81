import type { ApiPromise } from '@polkadot/api';
import type { SubmittableExtrinsic, SubmittableExtrinsicFunction } from '@polkadot/api/types';
import type { Call } from '@polkadot/types/interfaces';
import { stringCamelCase } from '@polkadot/util';
import { ArgumentReader, Misfit } from './arguments.ts';
import { argumentsInvalid, callUnknown } from './errors.ts';

export type Transaction = SubmittableExtrinsic<'promise'>;

/**
 * Makes a call of the runtime from its name, `balances.transferKeepAlive` or `balances.transfer_keep_alive`, and JSON
 * values. A call inside a call is `{"call": "pallet.call", "args": […]}` or its bytes in hexadecimal.
 * Throws UserError `call-unknown` or `call-arguments-invalid`.
 */
export function makeCall(api: ApiPromise, name: string, values: readonly unknown[]): Transaction {
  return makeNested(api, name, values, 0);
}

/** Calls inside calls, at most: the runtime itself gives up beyond some eighty. */
const MAX_DEPTH = 32;

function makeNested(api: ApiPromise, name: string, values: readonly unknown[], depth: number): Transaction {
  const make = findCall(api, name);
  const args = [...make.meta.fields];
  const wanted = signature(make);
  if (args.length !== values.length) {
    throw argumentsInvalid(name, `it takes ${args.length} arguments, not ${values.length}`, wanted);
  }
  const reader = new ArgumentReader(api.registry, (value, path) => innerCall(api, value, path, depth + 1));
  try {
    return make(
      ...args.map(({ name: field, type }, index) => reader.read(type, values[index], field.unwrap().toString())),
    );
  } catch (error) {
    if (error instanceof Misfit) throw argumentsInvalid(error.path, error.message, wanted);
    if (error instanceof Error && 'code' in error) throw error;
    throw argumentsInvalid(name, (error as Error).message.slice(0, 300), wanted);
  }
}

/** How a call is written: `balances.transferKeepAlive(dest: MultiAddress, value: Compact<u128>)`. */
export function signature(make: SubmittableExtrinsicFunction<'promise'>): string {
  const args = make.meta.args.map(({ name, typeName }) =>
    `${name}: ${typeName.unwrapOr('')}`.replaceAll(/<T as [^>]*>::|T::|frame_system::Config/g, ''),
  );
  return `${make.section}.${make.method}(${args.join(', ')})`;
}

function findCall(api: ApiPromise, name: string): SubmittableExtrinsicFunction<'promise'> {
  const [pallet = '', call = '', ...rest] = name.split('.').map((part) => stringCamelCase(part));
  const pallets = Object.keys(api.tx).sort();
  const calls = Object.hasOwn(api.tx, pallet) ? api.tx[pallet] : undefined;
  if (calls === undefined || rest.length > 0) throw callUnknown(name, 'there is no such pallet', pallets);
  const make = Object.hasOwn(calls, call) ? calls[call] : undefined;
  if (make === undefined)
    throw callUnknown(
      name,
      `the pallet ${pallet} has no ${call || 'call without a name'}`,
      Object.keys(calls)
        .sort()
        .map((one) => `${pallet}.${one}`),
    );
  return make;
}

function innerCall(api: ApiPromise, value: unknown, path: string, depth: number): Call {
  if (depth > MAX_DEPTH) throw new Misfit(path, `calls are nested deeper than ${MAX_DEPTH}`);
  if (typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value)) {
    try {
      return api.registry.createTypeUnsafe<Call>('Call', [value], { isPedantic: true });
    } catch {
      throw new Misfit(path, 'these bytes are no call of this chain');
    }
  }
  const {
    call,
    args = [],
    ...rest
  } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof call !== 'string' || !Array.isArray(args) || Object.keys(rest).length > 0) {
    throw new Misfit(path, 'a call is {"call": "pallet.call", "args": […]} or its bytes in hexadecimal');
  }
  return api.registry.createType('Call', makeNested(api, call, args, depth).method);
}
