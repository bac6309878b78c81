import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostKey } from '../../../src/chain/keys.ts';
import { generateSealKeyPair, open, SEAL_BYTES, seal, sealKeyPairOf } from '../../../src/chain/seal.ts';
import { sealingKey } from '../../../src/chain/seal-keys.ts';
import { packValue, roleId, unpackValue, valueId } from '../../../src/chain/seal-values.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const message = fc.uint8Array({ maxLength: 300 });
const context = fc.record({ info: fc.uint8Array({ maxLength: 40 }), place: fc.uint8Array({ maxLength: 80 }) });
const broken = { code: 'seal-broken' };

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('sealing', () => {
  it('opens the example of RFC 9180, appendix A.2.1', () => {
    const pair = sealKeyPairOf(bytes('8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb'));
    expect(Buffer.from(pair.publicKey).toString('hex')).toBe(
      '4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a',
    );
    const sent = '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a';
    const sealed = '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28';
    const opened = open(bytes(sent + sealed), pair, {
      info: bytes('4f6465206f6e2061204772656369616e2055726e'),
      place: bytes('436f756e742d30'),
    });
    expect(Buffer.from(opened).toString()).toBe('Beauty is truth, truth beauty');
  });

  it('opens with the right key in the right place only', () => {
    const pair = generateSealKeyPair();
    fc.assert(
      fc.property(message, context, context, (text, right, wrong) => {
        const sealed = seal(text, pair.publicKey, right);
        expect(sealed.length).toBe(text.length + SEAL_BYTES);
        expect(open(sealed, pair, right)).toEqual(text);
        expect(thrown(() => open(sealed, generateSealKeyPair(), right))).toMatchObject(broken);
        const same = Buffer.from(right.info).equals(wrong.info) && Buffer.from(right.place).equals(wrong.place);
        if (!same) expect(thrown(() => open(sealed, pair, wrong))).toMatchObject(broken);
      }),
    );
  });

  it('notices any change', () => {
    const pair = generateSealKeyPair();
    fc.assert(
      fc.property(message, context, fc.nat(), fc.integer({ min: 1, max: 255 }), (text, place, at, flip) => {
        const sealed = seal(text, pair.publicKey, place);
        // The highest bit of an X25519 key isn't used, so that a change of it changes nothing of the exchange; it is part
        // of what the key of the message is made from all the same.
        const changed = sealed.map((byte, index) => (index === at % sealed.length ? byte ^ flip : byte));
        expect(thrown(() => open(changed, pair, place))).toMatchObject(broken);
        const cut = sealed.subarray(0, at % sealed.length);
        expect(thrown(() => open(cut, pair, place))).toMatchObject(broken);
      }),
    );
  });

  it('never says the same twice, and fails on bytes that it did not make', () => {
    const pair = generateSealKeyPair();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), context, (anything, place) => {
        expect(seal(anything, pair.publicKey, place)).not.toEqual(seal(anything, pair.publicKey, place));
        expect(thrown(() => open(anything, pair, place))).toMatchObject(broken);
      }),
    );
  });

  it('refuses keys that are none', () => {
    const { publicKey } = generateSealKeyPair();
    const place = { info: new Uint8Array(), place: new Uint8Array() };
    const invalid = { code: 'seal-key-invalid' };
    expect(thrown(() => seal(publicKey, publicKey.subarray(1), place))).toMatchObject(invalid);
    expect(thrown(() => seal(publicKey, new Uint8Array(32), place))).toMatchObject(invalid);
    expect(thrown(() => sealKeyPairOf(new Uint8Array(31)))).toMatchObject(invalid);
  });
});

describe('what is sealed for the privacy contract', () => {
  it('is a name and a value, whose length shows in steps only', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), message, (name, value) => {
        const packed = packValue(name, value);
        expect(packed.length % 64).toBe(0);
        const unpacked = unpackValue(packed);
        // A string of lone surrogates has no UTF-8.
        expect(unpacked.name).toBe(Buffer.from(name).toString());
        expect(unpacked.bytes).toEqual(value);
      }),
    );
  });

  it('is refused when it was made otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (anything) => {
        const error = thrown(() => unpackValue(anything));
        if (error !== undefined) expect(error).toMatchObject(broken);
      }),
    );
  });

  it('is called by other hashes for other names', () => {
    const ids = [
      roleId('local', 'operators'),
      roleId('local', 'operator'),
      roleId('eu-1', 'operators'),
      valueId('local', 'operators', 'a'),
      valueId('local', 'operator', 'sa'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the sealing key of an account', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logos-seal-'));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is the same each time the key file is opened, and another for another account', async () => {
    const first = sealingKey(await hostKey(join(directory, 'a'), { create: true }));
    expect(sealingKey(await hostKey(join(directory, 'a')))).toEqual(first);
    expect(sealingKey(await hostKey(join(directory, 'b'), { create: true }))).not.toEqual(first);
    expect(sealKeyPairOf(first.secretKey)).toEqual(first);
  });
});
