import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInGenesis } from '../../../../src/chain/dev/genesis.ts';
import { readSpecification } from '../../../../src/chain/spec/file.ts';
import {
  networkFrom,
  newSpecification,
  openSpecification,
  verifySpecification,
} from '../../../../src/chain/spec/index.ts';

const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const BOB = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
/** BABE, GRANDPA and authority discovery, 32 bytes each. */
const keys = (byte: string): string => `0x${byte.repeat(96)}`;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-spec-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const NETWORK = {
  name: 'Test',
  id: 'test',
  validators: [
    { account: ALICE, keys: keys('d4') },
    { account: BOB, keys: keys('8e') },
  ],
  endowments: { [ALICE]: '123456789.000000000001 LOGOS', [BOB]: '2000 LOGOS' },
  council: [BOB],
};

const make = (network: unknown, name = 'spec.json') =>
  newSpecification({ network, preset: 'template', output: join(root, name) });

describe('a chain specification', () => {
  it('is the same for all founders, and holds what they decided', async () => {
    const made = await make(NETWORK);
    expect(made).toMatchObject({
      name: 'Test',
      chainType: 'Live',
      validators: expect.arrayContaining([ALICE, BOB]),
      council: [BOB],
      administrator: null,
      runtime: { specName: 'logos' },
    });
    // What the founders gave, and the least that accounts of pallets must hold.
    const more = BigInt(made.issuance) - 123_458_789_000_000_000_001n;
    expect(more >= 0n && more < 1_000_000_000_000n).toBe(true);
    expect(await openSpecification(join(root, 'spec.json'))).toEqual(made);
    expect((await make(NETWORK, 'again.json')).sha256).toBe(made.sha256);
    expect((await make({ ...NETWORK, council: [ALICE] }, 'other.json')).genesis).not.toBe(made.genesis);
    expect(verifySpecification(made, [{ hash: made.genesis, where: 'the founders' }])).toHaveLength(4);
    expect(() => verifySpecification(made, [{ hash: '0x00', where: 'x' }])).toThrow(
      expect.objectContaining({ code: 'spec-genesis-differs' }),
    );
    expect(() => verifySpecification({ ...made, validators: [] }, [])).toThrow(
      expect.objectContaining({ code: 'spec-invalid' }),
    );
    expect(() => verifySpecification({ ...made, administrator: ALICE }, [])).toThrow(
      expect.objectContaining({ code: 'spec-invalid' }),
    );
  });

  it('has the first block that the embedded chain has', async () => {
    const artifacts = join(import.meta.dirname, '../../../../chain/artifacts');
    const spec = JSON.parse(await readFile(join(artifacts, 'genesis-dev.json'), 'utf8'));
    const wasm = gunzipSync(await readFile(join(artifacts, 'logos-runtime.wasm.gz')));
    spec.genesis.raw.top['0x3a636f6465'] = `0x${wasm.toString('hex')}`;
    expect(readSpecification(JSON.stringify(spec), 'x').genesis).toBe(builtInGenesis().block.hash);
  });

  it('is not made of what the runtime does not take', async () => {
    const short = [{ account: ALICE, keys: '0x00' }];
    await expect(make({ ...NETWORK, validators: short })).rejects.toMatchObject({
      code: 'spec-invalid',
      message: expect.stringContaining('session keys'),
    });
    const preset = { network: NETWORK, preset: 'none', output: join(root, 'x') };
    await expect(newSpecification(preset)).rejects.toMatchObject({ code: 'spec-invalid' });
    await expect(newSpecification({ ...preset, runtime: root })).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  it.each<[string, string, string]>([
    ['no JSON', '{', 'not JSON'],
    ['another file', '{}', 'expected'],
    [
      'no runtime',
      JSON.stringify({ name: 'x', id: 'x', chainType: 'Live', bootNodes: [], genesis: { raw: { top: {} } } }),
      ':code',
    ],
    [
      'half a runtime',
      JSON.stringify({
        name: 'x',
        id: 'x',
        chainType: 'Live',
        bootNodes: [],
        genesis: { raw: { top: { '0x3a636f6465': '0x0061736d01000000' } } },
      }),
      'is no runtime',
    ],
  ])('that is damaged is refused: %s', async (name, text, why) => {
    const path = join(root, `${name}.json`);
    await writeFile(path, text);
    await expect(openSpecification(path)).rejects.toMatchObject({ message: expect.stringContaining(why) });
  });

  it('comes from a file and from flags, which win', async () => {
    const path = join(root, 'network.json');
    await writeFile(path, '{"name":"File","id":"file","stake":123456789012345678901}');
    expect(
      await networkFrom(path, { name: 'Flag', validators: [`${ALICE}=0x00`], endowments: [`${BOB}=1 LOGOS`] }),
    ).toEqual({
      name: 'Flag',
      id: 'file',
      stake: '123456789012345678901',
      validators: [{ account: ALICE, keys: '0x00' }],
      endowments: { [BOB]: '1 LOGOS' },
    });
    await expect(networkFrom(undefined, { validators: ['x'] })).rejects.toMatchObject({ code: 'spec-invalid' });
    await expect(networkFrom(join(root, 'absent'), {})).rejects.toMatchObject({ code: 'file-unreadable' });
  });
});
