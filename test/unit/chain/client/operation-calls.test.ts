import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Abi } from '@polkadot/api-contract';
import { u8aToHex } from '@polkadot/util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeClaim, encodeCompletion, encodeRequest } from '../../../../src/chain/client/operation-calls.ts';
import { encodeAccount } from '../../../../src/chain/ss58.ts';
import type { OperationKind } from '../../../../src/chain/types.ts';

const ARTIFACT = join(import.meta.dirname, '../../../../contracts/artifacts/operation.contract');
const abi = new Abi(JSON.parse(readFileSync(ARTIFACT, 'utf8')));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const account = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeAccount);
const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: 'grapheme', maxLength: 200 });

const kind: fc.Arbitrary<OperationKind> = fc.oneof(
  fc.record({ kind: fc.constant('start-dvm' as const), name: text, template: text }),
  fc.record({ kind: fc.constant('stop-dvm' as const), name: text }),
  fc.record({ kind: fc.constant('run' as const), operation: text, library: digest, command: digest }),
);

/** As polkadot.js writes it from the contract's own metadata. */
function written(message: string, args: unknown[]): string {
  return u8aToHex(abi.findMessage(message).toU8a(args));
}

function named(operation: OperationKind) {
  const { kind: _, ...fields } = operation;
  if (operation.kind === 'start-dvm') return { StartDvm: fields };
  if (operation.kind === 'stop-dvm') return { StopDvm: fields };
  const { operation: name, library, command } = operation;
  return { Run: { operation: name, library: `0x${library}`, command: `0x${command}` } };
}

describe('calls of the operation contract', () => {
  it('are what polkadot.js makes of its metadata', () => {
    fc.assert(
      fc.property(digest, account, kind, fc.nat({ max: 2 ** 32 - 1 }), (request, host, operation, blocks) => {
        const ours = encodeRequest(request, host, operation, blocks);
        expect(u8aToHex(ours.data)).toBe(written(ours.message, [`0x${request}`, host, named(operation), blocks]));
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(id, digest, (operation, result) => {
        expect(u8aToHex(encodeClaim(operation).data)).toBe(written('claim', [operation]));
        expect(u8aToHex(encodeCompletion(operation, { done: result }).data)).toBe(
          written('complete', [operation, { Done: { result: `0x${result}` } }]),
        );
      }),
    );
  });

  it('carry a reason of 256 bytes at most, cut between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (reason) => {
        const { args } = abi.decodeMessage(encodeCompletion(7n, { failed: reason }).data);
        const said = (args[1]?.toJSON() as { failed?: { reason: string } } | undefined)?.failed?.reason ?? 'nothing';
        expect(Buffer.byteLength(said)).toBeLessThanOrEqual(256);
        if (Buffer.byteLength(reason) <= 256) expect(said).toBe(reason);
        else expect(reason.startsWith(said.slice(0, -1))).toBe(true);
      }),
    );
  });

  it('are refused for what is no digest, account or number of blocks', () => {
    const host = encodeAccount(new Uint8Array(32));
    const run = { kind: 'run', operation: 'a', library: 'ab'.repeat(32), command: 'cd'.repeat(32) } as const;
    const good = ['ab'.repeat(32), host, run, 9] as const;
    expect(() => encodeRequest(...good)).not.toThrow();
    for (const bad of ['', 'ab', `${'ab'.repeat(32)}cd`, 'AB'.repeat(32)]) {
      expect(() => encodeRequest(bad, host, run, 9)).toThrow(RangeError);
      expect(() => encodeRequest('ab'.repeat(32), host, { ...run, command: bad }, 9)).toThrow(RangeError);
    }
    expect(() => encodeRequest('ab'.repeat(32), `${host}x`, run, 9)).toThrow();
    for (const blocks of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => encodeRequest('ab'.repeat(32), host, run, blocks)).toThrow(RangeError);
    }
  });
});
