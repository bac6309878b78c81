import { readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  deployGatekeeper,
  joinRegion,
  loadGatekeeper,
  openGatekeeperStore,
  proveAdmission,
} from '../../../src/gatekeeper/index.ts';
import { sha256Hex } from '../../../src/system/canonical.ts';
import { fileUndoers } from '../../../src/system/changes.ts';
import type { Home } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';
import { BOB, MemoryChain } from './memory-chain.ts';
import { ADMISSION, hastyClock, SEED, temporaryHome } from './world.ts';

const seed = new Uint8Array(await readFile(SEED));
const next = new TextEncoder().encode(
  (await readFile(SEED, 'utf8')).replace('"version": "1.2.0"', '"version": "1.3.0"'),
);
const name = (version: string, bytes: Uint8Array): string => `${version}-${sha256Hex(bytes).slice(0, 8)}`;

function chainWithDefinition(bytes: Uint8Array = seed): MemoryChain {
  const chain = new MemoryChain();
  chain.values.set('client-gatekeeper', bytes);
  return chain;
}

function options(home: Home, chain: MemoryChain, over: Partial<Parameters<typeof joinRegion>[0]> = {}) {
  const artifacts = { fetch: () => Promise.reject(new Error('it is inline')) };
  return {
    home,
    chain,
    artifacts,
    signer: { address: BOB },
    admission: ADMISSION,
    programVersion: '0.1.0',
    journal: new Journal(home.journal),
    clock: hastyClock(),
    uid: process.getuid?.() ?? 0,
    ...over,
  };
}

async function deployed(home: Home): Promise<string[]> {
  return (await readdir(home.gatekeeper).catch(() => [])).filter((file) => /^(current|[0-9])/.test(file)).sort();
}

describe('joining', () => {
  it('admits the host, and only then takes the definition from the chain', async () => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    const configuration = chain.configuration.bind(chain);
    chain.configuration = (section) => {
      expect(chain.members.get(BOB)?.standing).toBe('admitted');
      return configuration(section);
    };
    const joined = await joinRegion(options(home, chain));
    expect(joined.receipt).toMatchObject({ kind: 'join', outcome: 'accepted' });
    expect(joined.member.admission).toEqual(ADMISSION);
    expect(joined.gatekeeper.definition.version).toBe('1.2.0');
    expect(await loadGatekeeper(home)).toEqual(joined.gatekeeper);
    expect(chain.transactions).toEqual(['admit']);
  });

  it('again sends nothing, and with another class one transaction', async () => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    await joinRegion(options(home, chain));
    expect((await joinRegion(options(home, chain))).receipt).toBeUndefined();
    await joinRegion(options(home, chain, { admission: { ...ADMISSION, class: 'large-1' } }));
    await joinRegion(options(home, chain));
    expect(chain.transactions).toEqual(['admit', 'admit', 'admit']);
    expect(chain.members.get(BOB)?.admission.class).toBe('small-1');
  });

  it('comes back after it left, saying the same', async () => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    await joinRegion(options(home, chain));
    await chain.leave();
    await joinRegion(options(home, chain));
    expect(chain.members.get(BOB)?.standing).toBe('admitted');
  });

  it('goes on with the same request when the answer was lost', async () => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    chain.admissionTemplate = 'admission';
    const admit = chain.admit.bind(chain);
    const ids = new Set<string>();
    chain.admit = async (signer, id, admission) => {
      ids.add(id);
      if (ids.size === 1 && !chain.offline) await admit(signer, id, admission);
      chain.offline = true;
      return admit(signer, id, admission);
    };
    await expect(joinRegion(options(home, chain))).rejects.toMatchObject({ code: 'join-pending' });
    expect(await deployed(home)).toEqual([]);
    chain.offline = false;
    chain.admit = admit;
    await joinRegion(options(home, chain));
    expect([ids.size, chain.entries.size]).toEqual([1, 1]);
  });

  it('goes on with the same request when it never arrived', async () => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    const ids = new Set<string>();
    const admit = chain.admit.bind(chain);
    chain.admit = async (signer, id, admission) => {
      ids.add(id);
      return admit(signer, id, admission);
    };
    chain.member = async () => {
      chain.offline = true;
      return undefined;
    };
    await expect(joinRegion(options(home, chain))).rejects.toMatchObject({ code: 'join-pending' });
    chain.offline = false;
    chain.member = MemoryChain.prototype.member.bind(chain);
    await joinRegion(options(home, chain));
    expect([ids.size, chain.transactions]).toEqual([1, ['admit']]);
  });

  it('drops a waiting join that says something older', async () => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    const admit = chain.admit.bind(chain);
    chain.admit = async () => {
      throw new Error('WebSocket is not connected');
    };
    await expect(joinRegion(options(home, chain))).rejects.toMatchObject({ code: 'join-pending' });
    chain.admit = admit;
    await joinRegion(options(home, chain, { admission: { ...ADMISSION, class: 'large-1' } }));
    expect(chain.transactions).toEqual(['admit']);
    expect((await openGatekeeperStore(home)).outbox.size).toBe(0);
  });

  it.each<[string, (chain: MemoryChain) => void, string]>([
    [
      'excluded',
      (chain) => chain.members.set(BOB, { standing: 'excluded', admission: ADMISSION, since: 1 }),
      'join-refused',
    ],
    ['without a definition on chain', (chain) => chain.values.clear(), 'gatekeeper-not-on-chain'],
    [
      'with a hostile definition',
      (chain) => chain.values.set('client-gatekeeper', new Uint8Array(9)),
      'gatekeeper-definition-invalid',
    ],
  ])('that is or is %s deploys nothing', async (_, prepare, code) => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    prepare(chain);
    const failure = expect.objectContaining({ code, nextSteps: [expect.any(String)] });
    await expect(joinRegion(options(home, chain))).rejects.toEqual(failure);
    expect(await deployed(home)).toEqual([]);
  });

  it('with a program that is too old says so and deploys nothing', async () => {
    const [home, chain] = [await temporaryHome(), chainWithDefinition()];
    const join1 = joinRegion(options(home, chain, { programVersion: '0.0.9' }));
    await expect(join1).rejects.toMatchObject({ code: 'program-too-old' });
    expect(await deployed(home)).toEqual([]);
  });
});

describe('deployment', () => {
  async function setting() {
    const [home, chain] = [await temporaryHome(), new MemoryChain()];
    await chain.admit(undefined, '00', ADMISSION);
    return { home, chain, journal: new Journal(home.journal), proof: await proveAdmission(chain, BOB) };
  }

  it('needs the proof that the chain admitted the host', async () => {
    const { home, chain, journal, proof } = await setting();
    // @ts-expect-error the right fields are no proof
    await expect(deployGatekeeper(home, seed, journal, { member: proof.member })).rejects.toThrow(TypeError);
    await chain.leave();
    await expect(proveAdmission(chain, BOB)).rejects.toMatchObject({ code: 'host-not-admitted', exitCode: 3 });
    await expect(proveAdmission(chain, 'somebody')).rejects.toMatchObject({ code: 'host-not-admitted' });
  });

  it('of a new version moves the link, of the same one changes nothing', async () => {
    const { home, journal, proof } = await setting();
    await deployGatekeeper(home, seed, journal, proof);
    const { path } = await deployGatekeeper(home, next, journal, proof);
    const changes = (await journal.pending()).length;
    await deployGatekeeper(home, next, journal, proof);
    expect((await journal.pending()).length).toBe(changes);
    expect(await deployed(home)).toEqual([name('1.2.0', seed), name('1.3.0', next), 'current'].sort());
    expect(await readlink(join(home.gatekeeper, 'current'))).toBe(name('1.3.0', next));
    expect(new Uint8Array(await readFile(path))).toEqual(next);
  });

  it('is undone whole, also when it was killed before the link was moved', async () => {
    const { home, journal, proof } = await setting();
    await deployGatekeeper(home, seed, journal, proof);
    await rm(join(home.gatekeeper, 'current'));
    await journal.undo(fileUndoers);
    expect(await deployed(home)).toEqual([]);
  });

  it('goes over a link that a killed deployment left half made', async () => {
    const { home, journal, proof } = await setting();
    await deployGatekeeper(home, seed, journal, proof);
    await symlink('nowhere', join(home.gatekeeper, 'current.new'));
    await deployGatekeeper(home, next, journal, proof);
    expect((await loadGatekeeper(home))?.definition.version).toBe('1.3.0');
  });

  it('is not there before, and is told apart from a damaged one', async () => {
    const { home, journal, proof } = await setting();
    expect(await loadGatekeeper(home)).toBeUndefined();
    const { path, current, digest } = await deployGatekeeper(home, seed, journal, proof);
    expect(await loadGatekeeper(home, { digest })).toMatchObject({ digest });
    const damaged = { code: 'gatekeeper-damaged' };
    await expect(loadGatekeeper(home, { digest: sha256Hex(next) })).rejects.toMatchObject(damaged);

    await rm(path);
    await writeFile(path, (await readFile(SEED, 'utf8')).replace('"maximumDvms": 32', '"maximumDvms": 99'));
    await expect(loadGatekeeper(home)).rejects.toMatchObject(damaged);
    await rm(path);
    await expect(loadGatekeeper(home)).rejects.toMatchObject(damaged);
    await rm(current);
    await symlink('/etc', current);
    await expect(loadGatekeeper(home)).rejects.toMatchObject(damaged);
    await rm(current);
    await writeFile(current, '');
    await expect(loadGatekeeper(home)).rejects.toMatchObject(damaged);
  });
});
