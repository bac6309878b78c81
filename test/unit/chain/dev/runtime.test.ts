import { cryptoWaitReady } from '@polkadot/util-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Runtime } from '../../../../src/chain/dev/executor/runtime.ts';
import { RuntimeStorage } from '../../../../src/chain/dev/executor/storage.ts';
import { builtInCode } from '../../../../src/chain/dev/genesis.ts';

beforeAll(() => cryptoWaitReady());

const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
const name = (text: string): number[] => [text.length, ...Buffer.from(text)];

/** A module that imports one function without parameters from `env`. */
function importing(what: string): Uint8Array {
  const types = section(1, 1, 0x60, 0, 0);
  const imports = section(2, 1, ...name('env'), ...name(what), 0, 0);
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...types, ...imports]);
}

describe('a runtime', () => {
  it('that asks for what is not there is refused by name before it runs', () => {
    expect(() => new Runtime(importing('ext_made_up_version_7'))).toThrow(/lacks: ext_made_up_version_7/);
    expect(() => new Runtime(Uint8Array.of(0, 1))).toThrow(/no Wasm/);
  });

  it('without memory is refused', () => {
    const runtime = new Runtime(importing('ext_misc_print_num_version_1'));
    expect(() => runtime.call('Core_version', new Uint8Array(), new RuntimeStorage(undefined))).toThrow(/no memory/);
  });

  it('says why it panicked, and leaves no transaction open', () => {
    const runtime = new Runtime(builtInCode());
    const storage = new RuntimeStorage(undefined);
    const garbage = Uint8Array.of(0xff);
    expect(() => runtime.call('Core_initialize_block', garbage, storage)).toThrow(/Core_initialize_block: .*panicked/s);
    expect(storage.depth).toBe(0);
    expect(() => runtime.call('No_such', garbage, storage)).toThrow(/no entry point No_such/);
  });

  it('remembers nothing but its storage from one call to the next', () => {
    const runtime = new Runtime(builtInCode());
    const storage = new RuntimeStorage(undefined);
    const call = () => runtime.call('Core_version', new Uint8Array(), storage);
    expect(call()).toEqual(call());
    expect(storage.root).toBeUndefined();
  });
});
