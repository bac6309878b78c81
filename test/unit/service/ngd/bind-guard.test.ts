import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { hostKey } from '../../../../src/chain/index.ts';
import { verdictPath } from '../../../../src/guard/index.ts';
import { guardKeys } from '../../../../src/service/ngd/answer-attest.ts';
import { type BindGuardOptions, bindGuard } from '../../../../src/service/ngd/bind-guard.ts';
import { clearCut, saveCut } from '../../../../src/service/ngd/cut.ts';
import { writeJson } from '../../../../src/system/files.ts';
import { type Home, homeFrom } from '../../../../src/system/home.ts';

let home: Home;
let asked: string[];
beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-bind-')) });
  await mkdir(home.state, { recursive: true });
  onTestFinished(() => rm(home.root, { recursive: true, force: true }));
});

/** A member whose guard the chain does not know yet; gives whether it is bound. */
async function bind(): Promise<boolean> {
  asked = [];
  const connection = {
    machines: {
      rules: async () => ({ attestTerm: 600 }),
      find: async () => ({ machine: { state: 'active' }, reported: [] }),
      bindGuard: async () => void asked.push('bind'),
    },
    balance: async () => {
      asked.push('balance');
      return 10n ** 15n;
    },
  };
  const signer = { address: 'host' };
  return bindGuard({ home, connection, signer, log: () => {} } as unknown as BindGuardOptions);
}

async function verdict(integrity: 'intact' | 'deviated'): Promise<void> {
  const deviations =
    integrity === 'intact' ? [] : [{ target: '/etc/ld.so.preload', expected: 'absent', found: 'a file' }];
  const checkedAt = new Date().toISOString();
  await writeJson(verdictPath(home), { integrity, deviations, unchecked: [], checkedAt, checks: 1, ms: 1 });
}

it('a guard is bound only while it finds its host intact and no cut stands', async () => {
  await hostKey(guardKeys(home), { create: true });
  expect(await bind()).toBe(false);
  await verdict('deviated');
  expect(await bind()).toBe(false);
  await verdict('intact');
  await saveCut(home, { at: new Date().toISOString(), because: ['a file'] });
  expect(await bind()).toBe(false);
  expect(asked).toEqual([]);
  await clearCut(home);
  expect(await bind()).toBe(true);
  expect(asked).toEqual(['balance', 'bind']);
});
