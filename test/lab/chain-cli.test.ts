import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newerRuntime } from '../../lab/newer-runtime.ts';
import {
  connectChain,
  type LogosChain,
  openTransactions,
  type RunningDevChain,
  readArgument,
  startDevChain,
} from '../../src/chain/index.ts';
import { builtInRuntime } from '../../src/chain/runtime-file.ts';
import { TransactionRecord } from '../../src/chain/tx/record.ts';

const ALICE = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const BOB = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
const UNIT = 1_000_000_000_000n;

let root: string;
let lab: RunningDevChain;
let chain: LogosChain;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-chain-cli-'));
  lab = await startDevChain({ port: 0, directory: join(root, 'chain'), blockTimeMs: 1_000, seed: false });
  chain = await connectChain(lab.url, { timeoutMs: 60_000 });
});

afterAll(async () => {
  await chain?.close();
  await lab?.close();
  await rm(root, { recursive: true, force: true });
});

interface Result {
  ok: boolean;
  error?: { code: string; message: string; nextSteps: string[] };
  [field: string]: unknown;
}

/** Runs `logos …` from source; every line that it prints must be JSON. */
async function logos(args: readonly string[], onStart?: (kill: () => void) => void): Promise<Result | undefined> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../bin/dev.js'), ...args, '--json'], {
    env: { ...process.env, LOGOS_HOME: join(root, 'home') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  onStart?.(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.on('close', resolve));
  const lines = printed
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result);
  return lines.at(-1);
}

const tx = (...args: string[]) => ['chain', 'tx', ...args, '--chain', lab.url, '--from', '//Alice', '--yes'];
const error = async (args: readonly string[]) => (await logos(args))?.error?.code;

describe('logos chain tx', () => {
  it('plans without sending, then sends and tells what happened', async () => {
    const before = await chain.balance(BOB);
    const call = ['balances.transfer_keep_alive', BOB, UNIT.toString()];
    const planned = await logos([...tx(...call), '--dry-run']);
    expect(planned).toMatchObject({ ok: true, plan: { call: 'balances.transferKeepAlive', account: ALICE } });
    expect(await chain.balance(BOB)).toBe(before);
    const sent = await logos(tx(...call));
    expect(sent).toMatchObject({ ok: true, resumed: false, block: expect.stringMatching(/^0x/) });
    expect(sent?.events).toContainEqual(expect.objectContaining({ pallet: 'balances', name: 'Transfer' }));
    expect(BigInt(String(sent?.fee))).toBeGreaterThan(0n);
    expect(await chain.balance(BOB)).toBe(before + UNIT);
  });

  it('is done once, also when it is killed while it runs and is run again', async () => {
    const records = join(root, 'home/chain/transactions');
    for (let round = 0; round < 3; round += 1) {
      const before = await chain.balance(BOB);
      const call = tx('balances.transferKeepAlive', BOB, (UNIT + BigInt(round)).toString());
      await logos(call, (kill) => {
        // Signed and noted, and perhaps sent: the worst moment.
        const watch = setInterval(async () => {
          const names = existsSync(records) ? await readdir(records) : [];
          if (!names.some((name) => name.endsWith('.json'))) return;
          clearInterval(watch);
          kill();
        }, 5);
      });
      expect(await logos(call)).toMatchObject({ ok: true });
      expect(await chain.balance(BOB)).toBe(before + UNIT + BigInt(round));
    }
  });

  it('refuses what is wrong before anything is spent', async () => {
    const before = await chain.balance(ALICE);
    const session = await openTransactions(lab.url, {
      key: { from: '//Alice', keys: root },
      records: join(root, 'records'),
    });
    const refusal = async (name: string, ...values: string[]): Promise<string> => {
      try {
        const transaction = session.call(name, values.map(readArgument));
        await session.plan(transaction);
        await session.submit(transaction, { timeoutMs: 60_000 });
        return 'none';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(await refusal('balanses.transfer', BOB, '1')).toBe('call-unknown');
    expect(await refusal('balances.transfer', BOB, '1')).toBe('call-unknown');
    expect(await refusal('balances', BOB, '1')).toBe('call-unknown');
    expect(await refusal('balances.transferKeepAlive', BOB)).toBe('call-arguments-invalid');
    expect(await refusal('balances.transferKeepAlive', BOB, 'much')).toBe('call-arguments-invalid');
    expect(await refusal('balances.transferKeepAlive', `{"Id":"${BOB}"`, '1')).toBe('call-arguments-invalid');
    expect(await refusal('sudo.sudo', '{"call":"system.remark","args":[5]}')).toBe('call-arguments-invalid');
    expect(await refusal('sudo.sudo', '0xffff')).toBe('call-arguments-invalid');
    expect(await refusal('balances.transferKeepAlive', BOB, (10n ** 30n).toString())).toBe('chain-refused');
    await session.close();
    expect(await chain.balance(ALICE)).toBe(before);
  });

  it('sends anew when what an earlier run signed can not be included any more', async () => {
    const records = join(root, 'old-records');
    const session = await openTransactions(lab.url, { key: { from: '//Alice', keys: root }, records });
    const genesis = session.api.genesisHash.toHex();
    const { height } = await chain.head();
    const notes = [
      { nonce: 1_000_000, birth: height - 2, period: 1 },
      { nonce: 0, birth: height, period: 64 },
    ];
    for (const note of notes) {
      const transaction = session.call('system.remark', ['0x07']);
      const record = await TransactionRecord.open(records, genesis, ALICE, transaction.method.toU8a());
      await record.write({ version: 1, call: 'x', account: ALICE, extrinsic: '0x00', hash: '0x00', ...note });
      record.close();
      expect(await session.submit(transaction, { timeoutMs: 60_000 })).toMatchObject({ resumed: false });
    }
    await session.close();
  });

  it('names what is wrong with the key, the chain and the command line', async () => {
    const call = ['chain', 'tx', 'system.remark', '0x00', '--chain'];
    expect(await error([...call, lab.url, '--from', '//Nobody', '--yes'])).toBe('account-unfunded');
    expect(await error([...call, lab.url, '--from', join(root, 'nowhere'), '--yes'])).toBe('key-missing');
    expect(await error([...call, 'ws://127.0.0.1:1', '--from', '//Alice'])).toBe('chain-unreachable');
    expect(await error([...call, lab.url, '--from', '//Alice'])).toBe('confirmation-needed');
  });

  it('tells of a call that fails inside one that succeeds', async () => {
    const inner = JSON.stringify({ call: 'balances.forceTransfer', args: [BOB, ALICE, (10n ** 30n).toString()] });
    expect(await error(tx('sudo.sudo', inner))).toBe('chain-refused');
  });
});

describe('logos artifacts', () => {
  it('keeps, verifies and collects, and asks the chain what must stay', async () => {
    const file = join(root, 'file');
    await writeFile(file, 'artefact');
    const added = await logos(['artifacts', 'add', file]);
    expect(added).toMatchObject({ ok: true, size: 8, pinned: false });
    const gc = ['artifacts', 'gc', '--grace', '0', '--chain'];
    expect(await error([...gc, 'ws://127.0.0.1:1'])).toBe('chain-unreachable');
    const removed = [{ digest: added?.digest, size: 8 }];
    expect(await logos([...gc, lab.url, '--dry-run'])).toMatchObject({ ok: true, removed });
    expect(await logos(['artifacts', 'verify'])).toMatchObject({ ok: true, intact: 1 });
    expect(await logos([...gc, lab.url])).toMatchObject({ ok: true, removed });
    expect(await logos(['artifacts', 'list'])).toMatchObject({ ok: true, artifacts: [], bytes: 0 });
  });
});

describe('logos chain upgrade', () => {
  it('puts a newer runtime in, once, and no other', async () => {
    const built = builtInRuntime();
    const file = join(root, 'newer.wasm');
    const specVersion = built.version.specVersion + 1;
    await writeFile(join(root, 'newer.txt'), 'no runtime');
    await writeFile(file, newerRuntime(built.wasm, specVersion));
    const upgrade = (...args: string[]) => [
      'chain',
      'upgrade',
      ...args,
      '--chain',
      lab.url,
      '--from',
      '//Alice',
      '--yes',
    ];
    expect(await error(upgrade(file, '--apply'))).toBe('upgrade-not-authorised');
    expect(await error(upgrade(join(root, 'newer.txt')))).toBe('runtime-invalid');
    const older = join(root, 'older.wasm');
    await writeFile(older, newerRuntime(built.wasm, 0));
    expect(await error(upgrade(older))).toBe('upgrade-refused');
    expect(await logos([...upgrade(file), '--dry-run'])).toMatchObject({
      ok: true,
      plan: { way: 'sudo', done: false },
    });
    expect(await logos(upgrade(file))).toMatchObject({ ok: true, state: 'running' });
    expect(await logos(upgrade(file))).toMatchObject({ ok: true, state: 'running', transactions: [] });
    const other = await connectChain(lab.url, { timeoutMs: 60_000 });
    expect(other.identity.specVersion).toBe(specVersion);
    await other.close();
  });
});
