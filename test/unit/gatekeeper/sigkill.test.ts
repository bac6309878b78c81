import { fork } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../../src/system/canonical.ts';
import { BOB, MemoryChain } from './memory-chain.ts';
import { ADMISSION, SEED, temporaryHome, waitingIn } from './world.ts';

const CHILD = join(import.meta.dirname, 'sigkill-child.ts');
const COUNT = 12;

/** The gatekeeper in a process of its own; the chain stays here and answers it. Gives whether it ended by itself. */
async function life(home: string, chain: MemoryChain, killAfterMs: number | undefined): Promise<boolean> {
  const child = fork(CHILD, [home, SEED], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let timer: NodeJS.Timeout | undefined;
  child.on('message', async (message: { call: number; method: 'claim'; args: [unknown, bigint] } | 'ready') => {
    if (message === 'ready') {
      if (killAfterMs !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      return;
    }
    const { call, method, args } = message;
    const answer = await chain[method](...args).then(
      (value: unknown) => ({ call, value }),
      (error: Error) => ({ call, error: error.message }),
    );
    if (child.connected) child.send(answer, () => {});
  });
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  clearTimeout(timer);
  return code === 0;
}

describe('a real SIGKILL', () => {
  it('at any moment loses no operation and starts no DVM twice', async () => {
    const home = await temporaryHome();
    await mkdir(home.root, { recursive: true });
    const chain = new MemoryChain();
    chain.members.set(BOB, { standing: 'admitted', admission: { ...ADMISSION }, since: 1 });
    for (let n = 0; n < COUNT; n += 1) chain.ask({ kind: 'start-dvm', name: `dvm-${n}`, template: 'small' }, 10_000);

    let lives = 0;
    for (const killAfterMs of [0, 3, 7, 13, 22, 31, undefined]) {
      lives += 1;
      if (await life(home.root, chain, killAfterMs)) break;
    }
    expect(lives).toBeGreaterThan(2);

    const ids = [...chain.entries.keys()];
    expect(ids.map((id) => chain.state(id))).toEqual(ids.map(() => 'done'));
    // The child's host keeps a line for each real start.
    const starts = (await readFile(join(home.root, 'starts'), 'utf8')).trim().split('\n').sort();
    expect(starts).toEqual(ids.map((_, n) => `dvm-${n}`).sort());
    for (const id of ids) {
      const record = JSON.parse(await readFile(join(home.gatekeeper, 'operations', `${id}.json`), 'utf8'));
      expect(chain.outcome(id)).toEqual({ done: sha256Hex(canonicalJson(record.outcome.result)) });
    }
    expect(waitingIn(home)).toEqual([]);
  }, 60_000);
});
