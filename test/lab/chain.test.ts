import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, spawnDevChain, startLabChain } from '../../lab/chain.ts';
import { type ChainHead, connectChain, type HostSigner, hostKey, type LogosChain } from '../../src/chain/index.ts';

const UNIT = 1_000_000_000_000n;
const ADMISSION = { class: 'home-small', path: 'qemu', inventory: 'cd'.repeat(32), gatekeeper: '1.0.0' } as const;
const GENEROUS = { timeoutMs: 60_000 };

let root: string;
let lab: LabChain;
let chain: LogosChain;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-lab-chain-'));
  lab = await startLabChain({ directory: join(root, 'chain') });
  chain = await connectChain(lab.url, GENEROUS);
});

afterAll(async () => {
  await chain?.close();
  await lab?.stop();
  await rm(root, { recursive: true, force: true });
});

async function host(name: string): Promise<HostSigner> {
  const signer = await hostKey(join(root, name), { create: true });
  await chain.fund(signer.address, 1_000n * UNIT);
  return signer;
}

const id = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);

describe('the development chain', () => {
  it('is a Logos chain with the built-in sections after its first block', async () => {
    expect(chain.identity).toMatchObject({ specName: 'logos', development: true });
    expect((await chain.head()).height).toBeGreaterThanOrEqual(1);
    expect(await chain.sections()).toEqual(['compute-section-1', 'network-section-1', 'security-section-1']);
    const compute = await chain.configuration('compute-section-1');
    const templates = compute.entries.get('dvm-templates');
    const file = await readFile(join(import.meta.dirname, '../../chain/seed/compute/dvm-templates.json'));
    expect(templates?.value.kind === 'inline' && Buffer.from(templates.value.bytes).equals(file)).toBe(true);
    expect((await chain.configuration('security-section-1')).entries.get('host-policy')?.value.kind).toBe('artifact');
    await expect(chain.configuration('storage-section-9')).rejects.toMatchObject({ code: 'section-unknown' });
  });

  it('takes a host from admission through its first operation', async () => {
    const signer = await host('a');
    expect(await chain.balance(signer.address)).toBe(1_000n * UNIT);
    expect(await chain.member(signer.address)).toBeUndefined();

    const receipt = await chain.admit(signer, id(1), ADMISSION);
    expect(await chain.member(signer.address)).toEqual({
      standing: 'admitted',
      admission: ADMISSION,
      since: receipt.height,
    });
    const [asked] = await chain.openOperations(signer.address);
    expect(asked).toMatchObject({ host: signer.address, state: 'approved', kind: { template: 'admission' } });
    const operation = asked?.id ?? 0n;

    await chain.claim(signer, operation);
    expect(await chain.operation(operation)).toMatchObject({ state: 'claimed' });
    await chain.complete(signer, operation, { done: id(7) });
    expect(await chain.operation(operation)).toMatchObject({ state: 'done' });
    expect(await chain.openOperations(signer.address)).toEqual([]);

    const kind = { kind: 'stop-dvm', name: 'admission-1' } as const;
    const first = await chain.request(signer, id(2), signer.address, kind, 50);
    const again = await chain.request(signer, id(2), signer.address, kind, 50);
    expect(again.id).toBe(first.id);
    await chain.leave(signer);
    expect(await chain.member(signer.address)).toMatchObject({ standing: 'left' });
  });

  it('says why it refuses, and what to do', async () => {
    const [member, other, stranger] = [await host('b'), await host('c'), await host('d')];
    await chain.admit(member, id(3), ADMISSION);
    await chain.admit(other, id(3), ADMISSION);
    const [asked] = await chain.openOperations(member.address);
    const operation = asked?.id ?? 0n;
    const refused = (variant: string) => ({ code: 'chain-refused', module: 'operation', variant });
    const kind = { kind: 'stop-dvm', name: 'x' } as const;
    const noGatekeeper = { ...refused('NotAGatekeeper'), nextSteps: [expect.stringContaining('logos provide')] };
    await expect(chain.claim(stranger, operation)).rejects.toMatchObject(noGatekeeper);
    await expect(chain.leave(stranger)).rejects.toMatchObject(noGatekeeper);
    await expect(chain.request(stranger, id(4), stranger.address, kind, 5)).rejects.toMatchObject(noGatekeeper);

    await expect(chain.claim(other, operation)).rejects.toMatchObject(refused('NotYourOperation'));
    await expect(chain.claim(member, 99_999n)).rejects.toMatchObject(refused('OperationNotFound'));
    await expect(chain.complete(member, operation, { done: id(7) })).rejects.toMatchObject(refused('WrongState'));
    await expect(chain.request(other, id(4), member.address, kind, 5)).rejects.toMatchObject(refused('NotAuthorized'));
    const larger = { ...ADMISSION, class: 'server' };
    await expect(chain.admit(member, id(3), larger)).rejects.toMatchObject(refused('RequestConflict'));
    await chain.leave(other);
    await expect(chain.request(other, id(5), other.address, kind, 5)).rejects.toMatchObject({
      ...refused('NotAdmitted'),
      nextSteps: [expect.stringContaining('logos provide')],
    });
  });

  it('refuses a host without funds before anything is spent', async () => {
    const poor = await hostKey(join(root, 'poor'), { create: true });
    await expect(chain.admit(poor, id(1), ADMISSION)).rejects.toMatchObject({ code: 'chain-refused' });
    expect(await chain.member(poor.address)).toBeUndefined();
  });

  it('takes transactions that come at once, from one account and from several connections', async () => {
    const other = await connectChain(lab.url, GENEROUS);
    const signer = await hostKey(join(root, 'a'));
    const before = await chain.balance(signer.address);
    const receipts = await Promise.all(
      [chain, chain, other, chain, other].map((one) => one.fund(signer.address, UNIT)),
    );
    expect(new Set(receipts.map(({ transaction }) => transaction)).size).toBe(5);
    expect((await chain.balance(signer.address)) - before).toBe(5n * UNIT);
    await other.close();
  });

  it('leaves a taken port and its directory alone', async () => {
    const port = Number(new URL(lab.url).port);
    const child = spawnDevChain(join(root, 'second'), { port });
    const printed = await new Promise<string>((resolve) => {
      let text = '';
      child.stdout?.on('data', (data: Buffer) => {
        text += data.toString();
      });
      child.once('close', () => resolve(text));
    });
    expect(JSON.parse(printed.trim())).toMatchObject({ ok: false, error: { code: 'port-taken' } });
    expect(child.exitCode).toBe(1);
    expect(await readdir(root)).not.toContain('second');
  });

  it('when killed fails calls at once, comes back where it was, and is found again', async () => {
    const heads: ChainHead[] = [];
    const stop = chain.onHead((head) => heads.push(head));
    const signer = await hostKey(join(root, 'a'));
    await chain.fund(signer.address, UNIT);
    const [balance, head] = [await chain.balance(signer.address), await chain.head()];

    const underWay = expect(chain.fund(signer.address, UNIT)).rejects.toMatchObject({ code: 'chain-unreachable' });
    const began = performance.now();
    await lab.kill();
    await underWay;
    await expect(chain.head()).rejects.toMatchObject({ code: 'chain-unreachable' });
    expect(performance.now() - began).toBeLessThan(5_000);

    const port = Number(new URL(lab.url).port);
    lab = await startLabChain({ directory: join(root, 'chain'), port });
    await expect
      .poll(
        () =>
          chain.head().then(
            ({ height }) => height,
            () => -1,
          ),
        { timeout: 30_000 },
      )
      .toBeGreaterThanOrEqual(head.height);
    // The transaction under way was taken or was not; nothing in between.
    expect([balance, balance + UNIT]).toContain(await chain.balance(signer.address));
    expect(await chain.member(signer.address)).toMatchObject({ standing: 'left' });
    const receipt = await chain.fund(signer.address, UNIT);
    await expect.poll(() => heads.at(-1)?.height, { timeout: 10_000 }).toBe(receipt.height);
    stop();
  });
});

describe('a development chain that is killed while it is set up', () => {
  it.each([500, 2_500, 6_000])('after %i ms finishes when it is started again', async (delay) => {
    const directory = join(root, `killed-${delay}`);
    const child = spawnDevChain(directory);
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const again = await startLabChain({ directory, blockTimeMs: 200 });
    const connected = await connectChain(again.url, GENEROUS);
    try {
      for (const section of await connected.sections()) {
        expect((await connected.configuration(section)).version).toBe(1);
      }
      expect((await connected.sections()).length).toBe(3);
      const { height } = await connected.head();
      await expect.poll(async () => (await connected.head()).height, { timeout: 30_000 }).toBeGreaterThan(height);
    } finally {
      await connected.close();
      await again.stop();
    }
  });
});
