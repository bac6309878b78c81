import { z } from 'zod';
import type { DevChain } from './chain.ts';
import { fromHex, type Hex, isHexBytes } from './hex.ts';
import { RpcError, type RpcMethods } from './rpc-types.ts';

const hex = z.custom<Hex>(isHexBytes, 'not hexadecimal');
const blockCount = z.union([z.number(), z.object({ count: z.number() }).transform(({ count }) => count)]);
const count = blockCount.pipe(z.number().int().min(1).max(1_000)).default(1);
const time = z.union([z.number().int().positive(), z.iso.datetime({ offset: true }).transform(Date.parse)]);
const values = z.array(z.tuple([hex, hex.nullable()])).max(10_000);

/**
 * What no real chain lets anyone do. The names and parameters are those of other development chains (Chopsticks); every
 * one of them makes blocks, so that headers stay true. Only this machine reaches them: the port is on the loopback.
 */
export function developerMethods(chain: DevChain): RpcMethods {
  return {
    /** Builds one block or several; gives the hash of the last. */
    dev_newBlock: async ([asked]) => {
      for (let left = count.parse(asked ?? undefined); left > 0; left -= 1) await chain.build();
      return chain.head.hash;
    },
    /** Moves the chain's clock forward, to milliseconds since 1970 or an ISO 8601 time; gives the milliseconds. */
    dev_timeTravel: async ([to]) => {
      const milliseconds = time.parse(to);
      try {
        await chain.travel(milliseconds);
      } catch (error) {
        if (error instanceof RangeError) throw new RpcError(-32602, error.message);
        throw error;
      }
      return milliseconds;
    },
    /** Writes pairs of key and value, `null` to remove; gives the hash of the block from which they count. */
    dev_setStorage: async ([pairs]) => {
      const changes = values.parse(pairs).map(([key, value]) => [key, value === null ? null : fromHex(value)] as const);
      await chain.overwrite(new Map(changes));
      return chain.head.hash;
    },
  };
}
