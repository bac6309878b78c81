import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiPromise, HttpProvider } from '@polkadot/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, nodeBinary, nodeSpecification } from '../../lab/testnet.ts';
import { openVerifiedChain } from '../../src/chain/index.ts';
import { type LightClient, startLightClient } from '../../src/chain/light/client.ts';
import { lightSpec } from '../../src/chain/light/spec.ts';

const binary = nodeBinary();

/** A real validator on loopback, and what this program finds out about its chain without believing it. */
describe.skipIf(binary === undefined)('beside a native node', () => {
  const directory = mkdtempSync(join(tmpdir(), 'logos-light-'));
  const spec = join(directory, 'spec.json');
  const log = join(directory, 'log');
  let node: ChildProcess;
  let url = '';
  let peer = '';

  beforeAll(async () => {
    writeFileSync(spec, nodeSpecification('genesis-dev.json', 'logos-runtime.wasm.gz'));
    const args = ['--chain', spec, '--base-path', directory, '--validator', '--alice', '--no-mdns', '--no-prometheus'];
    // Port 0 lets the system choose; the node says which ones it got.
    args.push('--listen-addr', '/ip4/127.0.0.1/tcp/0/ws', '--rpc-port', '0', '--rpc-methods', 'unsafe');
    args.push('--unsafe-force-node-key-generation');
    const output = openSync(log, 'a');
    node = spawn(binary ?? '', args, { stdio: ['ignore', output, output] });
    url = await eventually('its RPC', 120_000, async () => {
      const port = /JSON-RPC server: addr=127\.0\.0\.1:(\d+)/.exec(readFileSync(log, 'utf8'))?.[1];
      return port && `ws://127.0.0.1:${port}`;
    });
    const rpc = new HttpProvider(url.replace('ws:', 'http:'));
    peer = await eventually('its address', 60_000, async () => {
      const addresses = await rpc.send<string[]>('system_localListenAddresses', []);
      return addresses.find((address) => address.startsWith('/ip4/127.0.0.1/tcp/') && address.includes('/ws/'));
    });
  });

  afterAll(async () => {
    node?.kill('SIGKILL');
    await new Promise((resolve) => (node?.exitCode === null ? node.once('exit', resolve) : resolve(undefined)));
    rmSync(directory, { recursive: true, force: true });
  });

  it('a reader proves finality from the specification alone, also before the first change of authorities', async () => {
    const store = join(directory, 'verified');
    const chain = await openVerifiedChain({ endpoints: [url], specification: spec, store });
    const first = await eventually('a final block', 60_000, async () => {
      const head = await chain.head();
      return head.height > 0 && head;
    });
    expect(first.trust).toBe('finality');
    await eventually('the next one', 60_000, async () => (await chain.head()).height > first.height);
    await chain.close();
    const again = await openVerifiedChain({ endpoints: [url], specification: spec, store });
    expect((await again.head()).height).toBeGreaterThan(first.height);
    await again.close();
  });

  it('a light client follows the finalised head, reads what the node has, and goes on from where it was', async () => {
    const store = join(directory, 'light.db');
    const follow = async (client: LightClient): Promise<void> => {
      const provider = await client.open();
      const api = await ApiPromise.create({ provider, noInitWarn: true });
      const heights: number[] = [];
      const stop = await api.rpc.chain.subscribeFinalizedHeads((head) => {
        heights.push(head.number.toNumber());
      });
      await eventually('three final blocks', 120_000, async () => heights.length >= 3);
      stop();
      const hash = (await api.rpc.chain.getFinalizedHead()).toHex();
      const far = await ApiPromise.create({
        provider: new HttpProvider(url.replace('ws:', 'http:')),
        noInitWarn: true,
      });
      expect(api.genesisHash.toHex()).toBe(far.genesisHash.toHex());
      for (const [pallet, item] of [
        ['timestamp', 'now'],
        ['grandpa', 'authorities'],
      ] as const) {
        const own = await (await api.at(hash)).query[pallet]?.[item]?.();
        expect(own?.toHex()).toBe((await (await far.at(hash)).query[pallet]?.[item]?.())?.toHex());
      }
      await far.disconnect();
      await api.disconnect();
    };
    for (let start = 0; start < 2; start += 1) {
      const client = await startLightClient({ spec: lightSpec(readFileSync(spec, 'utf8'), [peer]), store });
      await follow(client).finally(() => client.close());
    }
    expect(readFileSync(store, 'utf8').length).toBeGreaterThan(0);
  });
});
