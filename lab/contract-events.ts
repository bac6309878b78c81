import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { Abi } from '@polkadot/api-contract';
import type { EventRecord } from '@polkadot/types/interfaces';

/** An event of the region's operation contract: the block that has it, its name, its fields in the JSON form of polkadot.js. */
export interface OperationEvent {
  readonly height: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads what the operation contract says in the blocks of a chain. */
export interface OperationEvents {
  /** Of one operation, from a height on. */
  of(operation: bigint, from: number): Promise<OperationEvent[]>;
  close(): Promise<void>;
}

/** Connects on its own, beside what is tested. */
export async function openOperationEvents(url: string): Promise<OperationEvents> {
  const built = join(import.meta.dirname, '../contracts/artifacts/operation.contract');
  const abi = new Abi(JSON.parse(await readFile(built, 'utf8')));
  const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
  const inBlock = async (height: number): Promise<OperationEvent[]> => {
    const at = await api.at(await api.rpc.chain.getBlockHash(height));
    const records = (await at.query.system?.events?.()) as unknown as EventRecord[] | undefined;
    return (records ?? []).flatMap((record) => {
      const decoded = api.events.contracts?.ContractEmitted?.is(record.event) ? decode(abi, record) : undefined;
      return decoded === undefined ? [] : [{ height, ...decoded }];
    });
  };
  return {
    of: async (operation, from) => {
      const found: OperationEvent[] = [];
      const head = (await api.rpc.chain.getHeader()).number.toNumber();
      for (let height = from; height <= head; height += 1) found.push(...(await inBlock(height)));
      return found.filter(({ fields }) => fields.operation === Number(operation));
    },
    close: () => api.disconnect(),
  };
}

/** Nothing, when the event is another contract's. */
function decode(abi: Abi, record: Parameters<Abi['decodeEvent']>[0]): Omit<OperationEvent, 'height'> | undefined {
  try {
    const { event, args } = abi.decodeEvent(record);
    const fields = event.args.map(({ name }, index) => [name, args[index]?.toJSON()]);
    return { name: event.identifier.split('::').at(-1) ?? '', fields: Object.fromEntries(fields) };
  } catch {
    return undefined;
  }
}
