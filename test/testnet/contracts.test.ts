import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../lab/binary.ts';
import { startLabChain } from '../../lab/chain.ts';
import { playContracts, seededContracts, type Transcript } from '../../lab/contract-script.ts';
import { call, connectApi, developer, LOGOS, send } from '../../lab/governance.ts';
import { governedSpecification } from '../../lab/governed.ts';
import { startNativeDev } from '../../lab/native-dev.ts';
import { labNetworkLacks } from '../../lab/network.ts';
import { eventually, nodeBinary, startTestnet, type Testnet } from '../../lab/testnet.ts';
import { connectChain, openVerifiedChain } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';

const LOGOS_ENTRY = join(import.meta.dirname, '../../bin/dev.js');
const SOON = 120_000;
const binary = nodeBinary();

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-contracts-'));
  await cryptoWaitReady();
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

interface Deployed {
  ok: boolean;
  contracts: { contract: string; section: string; address: string; codeHash: string; state: string }[];
  registration?: string;
  referendum?: number;
  transactions?: unknown[];
}

/** Runs `logos chain deploy` from source. */
async function deploy(url: string, ...flags: readonly string[]): Promise<Deployed> {
  const args = [LOGOS_ENTRY, 'chain', 'deploy', '--chain', url, '--yes', '--json', ...flags];
  const { stdout, stderr } = await outcomeOf(process.execPath, args, {
    ...process.env,
    LOGOS_HOME: join(root, 'home'),
  });
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Deployed;
  if (result.ok !== true) throw new Error(`logos chain deploy: ${stdout}${stderr}`);
  return result;
}

const states = ({ contracts }: Deployed): string[] => [...new Set(contracts.map(({ state }) => state))];

describe.skipIf(binary === undefined)('the contracts of a region', () => {
  it('are deployed by one command on the embedded and the native chain, and do the same on both', async () => {
    const embedded = await startLabChain();
    const play = async (url: string): Promise<{ deployed: Deployed['contracts']; transcript: Transcript }> => {
      const { contracts } = await deploy(url);
      return { deployed: contracts.map((one) => ({ ...one, state: '' })), transcript: await playContracts(url) };
    };
    try {
      const native = await startNativeDev(binary ?? '');
      try {
        const [here, there] = await Promise.all([play(embedded.url), play(native.url)]);
        expect(there).toEqual(here);
        expect(here.deployed).toHaveLength(seededContracts().length);
        // What the two agree on is what was meant.
        expect(here.transcript).toMatchObject({
          'a thousand keys': 'done',
          'the section': { version: 2 },
          'keys that came': 1_000,
          'a key with its proof': { value: '10.0.3.231', version: 2 },
          'no such key, with its proof': 'absent',
          'the operation': { state: 'done' },
          'the failed one': { state: 'failed' },
          'read without access': 'role-closed',
          'read by a writer': { text: 'open sesame' },
          'read after that': 'role-closed',
          'read with it': { text: 'open sesame' },
          'a lease': { status: 'active' },
          'a stranger asks': 'operation.NotAGatekeeper',
          'a stranger sends': 'scl.NotAGatekeeper',
          'around the registry': 'system.CallFiltered',
          'in a batch': 'system.CallFiltered',
        });
      } finally {
        await native.stop();
      }
    } finally {
      await embedded.stop();
    }
  });
});

/** A network without an administrator: what the registry takes is decided by those who vote. */
describe.skipIf(binary === undefined || labNetworkLacks() !== undefined)('on a chain that nobody administers', () => {
  let net: Testnet;
  let url: string;
  let specification: string;

  beforeAll(async () => {
    specification = await governedSpecification(root, ['alice']);
    const text = await readFile(specification, 'utf8');
    net = await startTestnet({ binary: binary ?? '', specification: text, validators: ['alice'] });
    url = net.nodes[0]?.url ?? '';
  });

  afterAll(() => net?.close());

  it('contracts are made at once, and registered when a referendum says so', async () => {
    const first = await deploy(url, '--from', '//Alice', '--by', 'referendum');
    expect(states(first)).toEqual(['deployed']);
    expect(first.referendum).toBe(0);
    // Run again before it is decided, it finds what there is and sends nothing.
    const again = await deploy(url, '--from', '//Alice', '--by', 'referendum');
    expect(again).toMatchObject({ referendum: 0, transactions: [], registration: first.registration });
    expect(again).not.toHaveProperty('receipt');
    expect(states(again)).toEqual(['unregistered']);

    const api = await connectApi(url);
    const vote = { Standard: { vote: { aye: true, conviction: 'Locked1x' }, balance: 900_000n * LOGOS } };
    await send(api, developer('alice'), call(api, 'convictionVoting', 'vote', 0, vote));
    await eventually('the registry of contracts', SOON, async () => {
      return ((await api.query.scl?.contracts?.entries('local')) ?? []).length === seededContracts().length;
    });
    await api.disconnect();
    const last = await deploy(url, '--from', '//Alice');
    expect(states(last)).toEqual(['present']);
    expect(last.contracts.map(({ address }) => address)).toEqual(first.contracts.map(({ address }) => address));
  });

  it('a change is read with proof of its finality, and a stranger is refused', async () => {
    const alice = await developmentKey('//Alice');
    const chain = await connectChain(url, { timeoutMs: 60_000 });
    try {
      const value = { kind: 'inline' as const, bytes: new TextEncoder().encode('10.0.0.1') };
      const change = { key: 'peers/a', value, mediaType: 'text/plain' };
      await chain.configure(alice, 'network-section-1', 1, [change]);
      const verified = await openVerifiedChain({ endpoints: [url], specification, store: join(root, 'verified') });
      try {
        const read = await eventually('the change in a final block', SOON, async () => {
          const { head, entries } = await verified.entries('network-section-1', ['peers/a']);
          return entries[0] && { head, entry: entries[0] };
        });
        expect(read.head.trust).toBe('finality');
        expect(read.entry).toMatchObject({ key: 'peers/a', mediaType: 'text/plain', version: 2 });
        expect(read.entry.value.kind === 'inline' && Buffer.from(read.entry.value.bytes)).toEqual(
          Buffer.from('10.0.0.1'),
        );
      } finally {
        await verified.close();
      }
      const stranger = await developmentKey('//Dave');
      await expect(chain.claim(stranger, 1n)).rejects.toMatchObject({ module: 'operation', variant: 'NotAGatekeeper' });
    } finally {
      await chain.close();
    }
  });
});
