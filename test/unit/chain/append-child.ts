import { ChainDatabase } from '../../../src/chain/dev/database.ts';
import type { Hex } from '../../../src/chain/dev/hex.ts';

/** Appends blocks as fast as it can, and says so after each, until it is killed. */
const database = ChainDatabase.open(process.argv[2] ?? '');
const hash = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;
const value = (number: number): Uint8Array => Buffer.from(number.toString(16).padStart(8, '0'), 'hex');
if (!database.head()) {
  database.initialize({ number: 0, hash: hash(0), header: '0x00', extrinsics: [] }, new Map([['0x01', value(0)]]));
}
for (let number = (database.head()?.number ?? 0) + 1; ; number += 1) {
  database.append(
    { number, hash: hash(number), header: '0x00', extrinsics: ['0x01'] },
    new Map([
      ['0x01', value(number)],
      ['0x02', Buffer.alloc(20_000, 0xab)],
    ]),
    new Map([['0x01', value(number - 1)]]),
  );
  process.stdout.write(`${number}\n`);
}
