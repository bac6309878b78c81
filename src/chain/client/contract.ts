import type { ApiPromise } from '@polkadot/api';
import type { Abi } from '@polkadot/api-contract';
import type { ContractExecResult, DispatchError } from '@polkadot/types/interfaces';
import { compactStripLength, u8aToHex } from '@polkadot/util';
import { z } from 'zod';
import { assetText } from '../../system/assets.ts';
import type { Parser } from '../../system/files.ts';
import type { ContractName } from '../contract-types.ts';
import { answerInvalid, chainRefused } from '../errors.ts';
import type { AccountId, Hash } from '../types.ts';

/** As polkadot.js takes them; or message and arguments in SCALE with their length, as a transaction takes them. */
export type Arguments = readonly unknown[] | Uint8Array;

export interface ContractCall {
  origin: AccountId;
  contract: AccountId;
  message: string;
  args: Arguments;
  /** Planck that go with the call. Default 0. */
  value?: bigint;
}

/** Computation in picoseconds, and bytes of state that a proof of it holds. */
export interface Gas {
  refTime: bigint;
  proofSize: bigint;
}

/** What a call would do: nothing is changed by finding out. */
export interface DryRun<T> {
  value: T;
  /** The message and its arguments, as a transaction takes them. */
  data: Uint8Array;
  gas: Gas;
  /** Planck that the caller would deposit for what is stored; below 0 for a deposit that comes back. */
  deposit: bigint;
}

/** Speaks one contract's ABI. */
export class Contract {
  readonly name: ContractName;
  readonly abi: Abi;

  private constructor(name: ContractName, abi: Abi) {
    this.name = name;
    this.abi = abi;
  }

  static async load(name: ContractName, api: ApiPromise): Promise<Contract> {
    const { Abi } = await import('@polkadot/api-contract');
    const json = JSON.parse(assetText(`contracts/artifacts/${name}.contract`)) as Record<string, unknown>;
    return new Contract(name, new Abi(json, api.registry.getChainProperties()));
  }

  /** Runs a message on the state after block `at` and checks the answer; a refusal is thrown as ChainError. */
  async dryRun<T>(api: ApiPromise, call: ContractCall, at: Hash | undefined, parser: Parser<T>): Promise<DryRun<T>> {
    const { args } = call;
    const data = args instanceof Uint8Array ? args : this.abi.findMessage(call.message).toU8a([...args]);
    const argument = api.registry.createType('(AccountId, AccountId, u128, Option<WeightV2>, Option<u128>, Bytes)', [
      call.origin,
      call.contract,
      call.value ?? 0n,
      null,
      null,
      u8aToHex(compactStripLength(data)[1]),
    ]);
    const raw = await (at === undefined
      ? api.rpc.state.call('ContractsApi_call', argument.toHex())
      : api.rpc.state.call('ContractsApi_call', argument.toHex(), at));
    let result: ContractExecResult;
    try {
      result = api.registry.createType<ContractExecResult>('ContractExecResult', raw.toU8a(true));
    } catch (cause) {
      throw answerInvalid(`${this.name}.${call.message}`, cause);
    }
    if (result.result.isErr) throw refusedBy(api, result.result.asErr);
    const { refTime, proofSize } = result.gasRequired;
    const { storageDeposit } = result;
    return {
      value: this.#answer(call.message, result.result.asOk.data.toU8a(true), parser),
      data,
      gas: { refTime: refTime.toBigInt(), proofSize: proofSize.toBigInt() },
      deposit: storageDeposit.isCharge ? storageDeposit.asCharge.toBigInt() : -storageDeposit.asRefund.toBigInt(),
    };
  }

  /** Unwraps `Result<T, LangError>`, and where the message itself returns a Result, that one too. */
  #answer<T>(message: string, data: Uint8Array, parser: Parser<T>): T {
    const { returnType } = this.abi.findMessage(message);
    try {
      const type = returnType?.lookupName ?? returnType?.type ?? '()';
      const json: unknown = this.abi.registry.createTypeUnsafe(type, [data], { isPedantic: true }).toJSON();
      const outer = z.union([z.object({ ok: z.unknown() }), z.object({ err: z.unknown() })]).parse(json);
      if ('err' in outer) throw chainRefused(this.name, 'InvalidCall');
      const inner = outer.ok;
      const returnsResult = isRecord(inner) && ('err' in inner || ('ok' in inner && Object.keys(inner).length === 1));
      if (!returnsResult) return parser.parse(inner);
      if ('err' in inner) throw contractRefusal(this.name, inner.err);
      return parser.parse(inner.ok);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'chain-refused') throw error;
      throw answerInvalid(`${this.name}.${message}`, error);
    }
  }
}

/** An error of a contract: its name alone, or an object of one field with what belongs to it. */
function contractRefusal(contract: string, error: unknown): Error {
  if (typeof error === 'string') return chainRefused(contract, pascal(error));
  if (isRecord(error)) {
    const [variant, detail] = Object.entries(error)[0] ?? ['Unknown', null];
    const text = detail === null ? '' : ` ${JSON.stringify(detail).slice(0, 200)}`;
    return chainRefused(contract, pascal(variant), text);
  }
  return chainRefused(contract, 'Unknown');
}

/** An error of the runtime: a pallet's own, or one of the general ones. */
export function refusedBy(api: ApiPromise, error: DispatchError): Error {
  if (error.isModule) {
    const { section, name } = api.registry.findMetaError(error.asModule);
    return chainRefused(section, name);
  }
  if (error.isToken) return chainRefused('token', error.asToken.type);
  return chainRefused('runtime', error.type);
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1, 64);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
