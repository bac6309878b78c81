import { expandMetadata, Metadata, TypeRegistry } from '@polkadot/types';
import { compactStripLength } from '@polkadot/util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { callRuntime } from '../../../../src/chain/runtime-call.ts';
import { builtInRuntime } from '../../../../src/chain/runtime-file.ts';
import { ArgumentReader, Misfit } from '../../../../src/chain/tx/arguments.ts';
import { cases } from '../../../cases.ts';

const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';

let registry: TypeRegistry;
let calls: ReturnType<typeof expandMetadata>['tx'];
let reader: ArgumentReader;
beforeAll(() => {
  registry = new TypeRegistry();
  const [, bytes] = compactStripLength(callRuntime(builtInRuntime().wasm, 'Metadata_metadata').result);
  const metadata = new Metadata(registry, bytes);
  registry.setMetadata(metadata);
  calls = expandMetadata(registry, metadata).tx;
  reader = new ArgumentReader(registry, (value) => ({ inner: value }));
});

/** Reads the arguments of a call, and has polkadot.js encode what came of it. */
function read(name: string, values: readonly unknown[]): unknown[] {
  const [pallet = '', method = ''] = name.split('.');
  const make = calls[pallet]?.[method];
  if (make === undefined) throw new RangeError(name);
  const fields = [...make.meta.fields];
  const args = fields.map(({ name: field, type }, index) =>
    reader.read(type, values[index], field.unwrap().toString()),
  );
  if (!name.startsWith('sudo.')) make(...args);
  return args;
}

function misfit(name: string, values: readonly unknown[]): string {
  try {
    read(name, values);
  } catch (error) {
    if (error instanceof Misfit) return `${error.path}: ${error.message}`;
    throw error;
  }
  return 'it fits';
}

describe('an argument', () => {
  it('that fits its type is taken', () => {
    read('balances.transferKeepAlive', [ALICE, 1]);
    read('balances.transferKeepAlive', [{ Id: ALICE }, '340282366920938463463374607431768211455']);
    read('system.remark', ['0x00ff']);
    read('system.remark', ['text']);
    read('system.setStorage', [[['0x00', '0x01']]]);
    read('staking.validate', [{ commission: 5, blocked: false }]);
    read('system.authorizeUpgrade', [`0x${'ab'.repeat(32)}`]);
    read('balances.forceAdjustTotalIssuance', ['Increase', 5]);
    read('contracts.call', [ALICE, 0, { refTime: 1, proofSize: 1 }, null, '0x']);
    read('contracts.call', [ALICE, 0, { ref_time: 1, proof_size: 1 }, '5', '0x']);
    expect(read('sudo.sudo', [{ call: 'system.remark' }])).toEqual([{ inner: { call: 'system.remark' } }]);
  });

  it.each<[string, unknown[], string]>([
    ['balances.transferKeepAlive', ['5FHneW46', 1], 'dest: "5FHneW46" is not an address of this chain'],
    ['balances.transferKeepAlive', ['', 1], 'dest: "" is not an address'],
    ['balances.transferKeepAlive', [{ Id: 5 }, 1], 'dest.Id: an address is a text, not 5'],
    ['balances.transferKeepAlive', [{ Ib: ALICE }, 1], 'dest: it takes one of Id, Index'],
    ['balances.transferKeepAlive', [{ Id: ALICE, Index: 1 }, 1], 'dest: it takes one of'],
    ['balances.transferKeepAlive', [ALICE, -1], 'value: -1 is not from 0'],
    ['balances.transferKeepAlive', [ALICE, 1.5], 'value: it takes a whole number, not 1.5'],
    ['balances.transferKeepAlive', [ALICE, '1e3'], 'value: it takes a whole number'],
    ['balances.transferKeepAlive', [ALICE, '340282366920938463463374607431768211456'], 'is not from 0'],
    ['balances.transferKeepAlive', [ALICE, null], 'value: it takes a whole number, not nothing'],
    ['system.remark', ['0xabc'], 'remark: bytes are 0x and pairs'],
    ['system.remark', [{}], 'remark: bytes are hexadecimal with 0x, or a list, not an object'],
    ['system.remark', [[256]], 'remark[0]: 256 is not from 0 to 255'],
    ['system.authorizeUpgrade', ['0xabcd'], 'code_hash: it takes 32 bytes, not 2'],
    ['system.setStorage', [[['0x00']]], 'items[0]: it takes a list of 2 items'],
    ['staking.validate', [{ commission: 5 }], 'prefs.blocked: it is missing'],
    ['staking.validate', [{ commission: 5, blocked: 'no' }], 'prefs.blocked: it takes true or false'],
    ['staking.validate', [{ commission: 5, blocked: false, bloked: true }], 'prefs.bloked: there is no such field'],
    ['balances.forceAdjustTotalIssuance', ['Grow', 5], 'direction: it takes one of Increase, Decrease'],
    ['contracts.call', [ALICE, 0, {}, null, '0x'], 'gas_limit.refTime: it is missing'],
  ])('of %s that does not is refused: %j', (name, values, why) => {
    expect(misfit(name, values)).toContain(why);
  });

  it('of any shape is taken or refused, and nothing else happens', () => {
    const names = [
      'balances.transferKeepAlive',
      'system.setStorage',
      'staking.validate',
      'contracts.call',
      'staking.bond',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(fc.jsonValue(), { maxLength: 5 }), (name, values) => {
        try {
          read(name, values);
        } catch (error) {
          expect(error).toBeInstanceOf(Misfit);
        }
      }),
      { numRuns: cases(500) },
    );
  });
});
