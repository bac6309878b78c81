import { cryptoWaitReady } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { HandOverUnsupported, setAfter } from '../../../../src/chain/verified/authorities.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { readHeader } from '../../../../src/chain/verified/header.ts';
import { JustificationInvalid, verifyJustification } from '../../../../src/chain/verified/justification.ts';
import { cases } from '../../../cases.ts';
import { blockOf, header, justification, scheduledChange, setOf, voter } from './grandpa-maker.ts';

beforeAll(async () => {
  await cryptoWaitReady();
  await hashesReady();
});

const parent = header(9, `0x${'11'.repeat(32)}`);
const made = header(10, parent.hash.toHex());
const child = header(11, made.hash.toHex());
const target = blockOf(made);
const voters = [0, 1, 2, 3].map((number) => voter(number));
const [one, two, three, four] = voters as [
  (typeof voters)[0],
  (typeof voters)[0],
  (typeof voters)[0],
  (typeof voters)[0],
];
const set = setOf(voters);
const votes = (...who: typeof voters) => who.map((each) => ({ voter: each, block: target }));

describe('a justification', () => {
  it('makes its block final with more than two thirds of the weight', () => {
    expect(verifyJustification(justification(target, votes(one, two, three)), set)).toEqual(target);
    expect(verifyJustification(justification(target, votes(...voters)), set)).toEqual(target);
  });

  it('counts votes for later blocks, when the headers between are there', () => {
    const later = { voter: three, block: blockOf(child) };
    const precommits = [...votes(one, two), later];
    expect(verifyJustification(justification(target, precommits, { ancestries: [child] }), set)).toEqual(target);
    expect(() => verifyJustification(justification(target, precommits), set)).toThrow('weigh 2 of 3');
    const wrongHeight = { voter: three, block: { ...blockOf(child), height: 12 } };
    expect(() =>
      verifyJustification(justification(target, [...votes(one, two), wrongHeight], { ancestries: [child] }), set),
    ).toThrow('wrong height');
    expect(() => verifyJustification(justification(target, votes(...voters), { ancestries: [child] }), set)).toThrow(
      'no vote needs',
    );
  });

  it('does not take votes for what came before', () => {
    const earlier = [one, two, three].map((each) => ({ voter: each, block: blockOf(parent) }));
    expect(() => verifyJustification(justification(target, earlier), set)).toThrow('weigh 0 of 3');
  });

  it('is refused below the threshold, by weight and not by heads', () => {
    expect(() => verifyJustification(justification(target, votes(one, two)), set)).toThrow('weigh 2 of 3');
    const heavy = [voter(0, 10n), voter(1), voter(2), voter(3)];
    expect(() => verifyJustification(justification(target, votes(...heavy.slice(1))), setOf(heavy))).toThrow(
      'weigh 3 of 9',
    );
    expect(verifyJustification(justification(target, votes(...heavy.slice(0, 1))), setOf(heavy))).toEqual(target);
  });

  it('counts who votes twice once, whether for the same block or for two', () => {
    expect(() => verifyJustification(justification(target, votes(one, two, two)), set)).toThrow('weigh 2 of 3');
    const equivocation = [...votes(one, two), { voter: two, block: blockOf(child) }];
    expect(() => verifyJustification(justification(target, equivocation, { ancestries: [child] }), set)).toThrow(
      'weigh 2 of 3',
    );
    expect(
      verifyJustification(
        justification(target, [...votes(one, two, three), { voter: three, block: blockOf(parent) }]),
        set,
      ),
    ).toEqual(target);
    const many = votes(...voters, ...voters, one);
    expect(() => verifyJustification(justification(target, many), set)).toThrow('more votes than voters');
  });

  it('is refused with a forged signature, another round, or another set id', () => {
    const forged = [
      ...votes(one, two, three),
      { ...votes(four)[0], voter: four, block: target, signature: new Uint8Array(64) },
    ];
    expect(() => verifyJustification(justification(target, forged), set)).toThrow('forged');
    for (const wrong of [{ round: 4n }, { setId: 6n }]) {
      const signed = votes(one, two, three).map((vote) => ({ ...vote, ...wrong }));
      expect(() => verifyJustification(justification(target, signed), set)).toThrow(JustificationInvalid);
    }
    const strangers = [10, 11, 12, 13].map((number) => voter(number));
    expect(() => verifyJustification(justification(target, votes(...strangers)), set)).toThrow('none of its votes');
    expect(() =>
      verifyJustification(justification(target, votes(one, two, three, ...strangers.slice(0, 1))), set),
    ).toThrow('is no authority');
  });

  it('is refused when any bit of it is flipped', () => {
    const good = justification(target, [...votes(one, two), { voter: three, block: blockOf(child) }], {
      ancestries: [child],
    });
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), (bit) => {
        const bad = Uint8Array.from(good);
        bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => verifyJustification(bad, set)).toThrow(JustificationInvalid);
      }),
      { numRuns: cases(400) },
    );
  });

  it('is never anything but refused when it is no justification', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(() => verifyJustification(bytes, set)).toThrow(JustificationInvalid);
      }),
    );
  });
});

describe('a hand-over of authorities', () => {
  const next = [voter(20, 5n), voter(21)];
  const handOver = (logs: readonly unknown[]) =>
    setAfter(readHeader(header(10, parent.hash.toHex(), logs).toU8a()), set);

  it('is read from the header that announces it', () => {
    expect(handOver([])).toBe(set);
    expect(handOver([scheduledChange(next)])).toEqual(setOf(next, 8n));
    expect(handOver([{ Consensus: ['BABE', '0x0102'] }, scheduledChange(next), scheduledChange(voters)])).toEqual(
      setOf(next, 8n),
    );
  });

  it('is refused where a header alone does not prove it', () => {
    expect(() => handOver([scheduledChange(next, 5)])).toThrow(HandOverUnsupported);
    expect(() => handOver([scheduledChange(next, 0, 2)])).toThrow(HandOverUnsupported);
    expect(() => handOver([scheduledChange([])])).toThrow(HandOverUnsupported);
    expect(() => handOver([{ Consensus: ['FRNK', '0x01ff'] }])).toThrow(HandOverUnsupported);
  });
});
