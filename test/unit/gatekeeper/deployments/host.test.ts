import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeploymentProposal, DeploymentView } from '../../../../src/chain/index.ts';
import type { HostDeploymentOptions } from '../../../../src/gatekeeper/index.ts';
import { type Closure, hostDeployments, openDeploymentRecords, packClosure } from '../../../../src/gatekeeper/index.ts';
import type { ToolRun } from '../../../../src/gatekeeper/sandbox/index.ts';
import { builtInLibraries } from '../../../../src/service/index.ts';
import { ExternalError } from '../../../../src/system/errors.ts';
import { ADMISSION } from '../world.ts';
import { deploymentFiles } from './deployment-files.ts';

const ACCOUNT = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
const libraries = builtInLibraries();
const RECAP = 'this-host : ok=1    changed=0    unreachable=0    failed=0    skipped=0\n';

/** A chain, mirrors and tools that a test decides about; records, files and checks are the real ones. */
class World {
  readonly root: string;
  proposals: DeploymentProposal[] = [];
  current: DeploymentProposal | undefined;
  height = 10;
  now = 1_000_000;
  archives = new Map<string, Uint8Array>();
  readonly runs: ToolRun[] = [];
  readonly reports: unknown[] = [];
  /** What a tool does; gives its exit code and what it prints. */
  tool: (run: ToolRun) => Promise<{ exitCode: number; text: string }> = async () => ({ exitCode: 0, text: RECAP });
  outcome: 'accepted' | 'refused' | 'pending' = 'accepted';
  /** What reading the rules throws, and what the sandbox lacks. */
  unreadable: Error | undefined;
  lacking: Error | undefined;

  constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<World> {
    const root = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'logos-deployments-'));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    return new World(root);
  }

  approve(closure: Closure, over: Partial<DeploymentProposal> = {}): DeploymentProposal {
    this.archives.set(closure.digest, closure.archive);
    const { target } = closure.declaration;
    const replaces = this.current?.change.closure;
    const change = { target, closure: closure.digest, size: closure.archive.length, ...(replaces && { replaces }) };
    const id = BigInt(this.proposals.length + 1);
    const rest = { status: 'approved' as const, approvals: ['alice'], threshold: 1, proposedAt: 1, deadline: 99 };
    const proposal = { id, author: 'bob', change, ...rest, ...over };
    this.proposals.push(proposal);
    return proposal;
  }

  apply(proposal: DeploymentProposal): void {
    proposal.status = 'applied';
    this.current = proposal;
  }

  /** A host that begins: everything that it knows is on disk. */
  async host() {
    const view = async (): Promise<DeploymentView> => ({
      height: this.height,
      from: async (first) => this.proposals.filter(({ id }) => id >= first),
      current: async () => this.current,
    });
    const options = {
      chain: {
        identity: { genesis: '0xab' },
        member: async () => ({ standing: 'admitted', admission: ADMISSION, since: 1 }),
        deployment: { view },
      },
      account: ACCOUNT,
      publicKey: 'ab'.repeat(32),
      artifacts: {
        fetch: async ({ digest }: { digest: string }) => {
          const bytes = this.archives.get(digest);
          if (bytes === undefined) throw new ExternalError('artifact-unavailable', 'no mirror has it');
          return bytes;
        },
      },
      records: await openDeploymentRecords(this.root),
      clock: { now: () => this.now, sleep: async () => {} },
      log: () => {},
      libraries: async () => libraries,
      dvci: async () => {
        if (this.unreadable !== undefined) throw this.unreadable;
        return { rules: [], protected: [] };
      },
      accepted: ['ansible/*'],
      report: async (id: bigint, outcome: unknown) => {
        this.reports.push([id, outcome]);
        return { outcome: this.outcome };
      },
      find: async (tool: string) => `/usr/bin/${tool}`,
      tools: {
        check: async () => {
          if (this.lacking !== undefined) throw this.lacking;
        },
        show: async () => ({ exitCode: 0, output: new Uint8Array(), dropped: 0 }),
        run: async (run: ToolRun, { log }: { log: string }) => {
          this.runs.push(run);
          const { exitCode, text } = await this.tool(run);
          await writeFile(log, text, { flag: 'wx' });
          return { exitCode, output: new Uint8Array(Buffer.from(text)), dropped: 0 };
        },
      },
    };
    return hostDeployments(options as unknown as HostDeploymentOptions);
  }
}

/** Three steps; the second one may not be repeated when `once`. */
function threeSteps(once = false, version = '1.0.0'): Closure {
  const files = deploymentFiles();
  const step = (name: string, repeatable: boolean) => ({
    name,
    command: ['ansible-playbook', '-i', 'inventory.yaml', '-t', name, 'site.yaml'],
    repeatable,
  });
  const declaration = {
    format: 'deployment',
    formatVersion: 1,
    name: 'base',
    version,
    target: 'region/base',
    layer: 1,
    steps: [step('one', true), step('two', !once), step('three', true)],
  };
  const bytes = Buffer.from(JSON.stringify(declaration));
  return packClosure([
    ...files.filter(({ path }) => path !== 'deployment.yaml'),
    { path: 'deployment.yaml', executable: false, bytes },
  ]);
}

const names = (runs: readonly ToolRun[]) => runs.map(({ args }) => args[args.indexOf('-t') + 1]);

describe('a host that is killed', () => {
  it('goes on at the step that was broken off, and does nothing twice that was done', async () => {
    const world = await World.make();
    world.approve(threeSteps());
    // Never answers: the process ends here as far as the disk is concerned.
    world.tool = (run) =>
      names([run])[0] === 'two' ? new Promise(() => {}) : Promise.resolve({ exitCode: 0, text: '' });
    const dying = (await world.host())();
    await expect.poll(() => names(world.runs)).toEqual(['one', 'two']);
    void dying;
    world.tool = async () => ({ exitCode: 0, text: '' });
    await rm(join(world.root, 'work'), { recursive: true });
    const { steps } = await (await world.host())();
    expect(steps).toMatchObject([{ step: 'applied' }]);
    expect(names(world.runs)).toEqual(['one', 'two', 'two', 'three']);
    expect(world.reports).toMatchObject([[1n, { applied: expect.stringMatching(/^[0-9a-f]{64}$/) }]]);
  });

  it('does not repeat what may not be repeated, until somebody asks', async () => {
    const world = await World.make();
    world.approve(threeSteps(true));
    world.tool = (run) =>
      names([run])[0] === 'two' ? new Promise(() => {}) : Promise.resolve({ exitCode: 0, text: '' });
    void (await world.host())();
    await expect.poll(() => names(world.runs)).toEqual(['one', 'two']);
    world.tool = async () => ({ exitCode: 0, text: '' });
    const host = await world.host();
    expect((await host()).steps).toMatchObject([{ step: 'failed', code: 'step-interrupted' }]);
    expect((await host()).steps).toMatchObject([{ step: 'failed', code: 'step-interrupted' }]);
    expect(names(world.runs)).toEqual(['one', 'two']);
    expect((await host({ again: true })).steps).toMatchObject([{ step: 'applied' }]);
    expect(names(world.runs)).toEqual(['one', 'two', 'two', 'three']);
  });
});

describe('a step that may not be repeated', () => {
  it('is not run again when a successor failed and the host goes back', async () => {
    const world = await World.make();
    world.apply(world.approve(threeSteps(true)));
    await (await world.host())();
    expect(names(world.runs)).toEqual(['one', 'two', 'three']);
    const next = world.approve(packClosure(deploymentFiles({ version: '2.0.0' })));
    world.tool = async () => ({ exitCode: 1, text: '' });
    expect((await (await world.host())()).steps).toMatchObject([{ step: 'failed', code: 'step-failed' }]);
    next.status = 'failed';
    world.runs.length = 0;
    world.tool = async () => ({ exitCode: 0, text: '' });
    expect((await (await world.host())()).steps).toMatchObject([{ step: 'applied', version: '1.0.0' }]);
    expect(names(world.runs)).toEqual(['one', 'three']);
  });

  it('that was broken off stays so while another closure is run, until somebody asks', async () => {
    const world = await World.make();
    const first = world.approve(threeSteps(true));
    world.tool = (run) =>
      names([run])[0] === 'two' ? new Promise(() => {}) : Promise.resolve({ exitCode: 0, text: '' });
    void (await world.host())();
    await expect.poll(() => names(world.runs)).toEqual(['one', 'two']);
    first.status = 'withdrawn';
    const other = world.approve(threeSteps(false, '1.1.0'));
    world.tool = async () => ({ exitCode: 0, text: '' });
    expect((await (await world.host())()).steps).toMatchObject([{ step: 'applied' }]);
    other.status = 'failed';
    world.approve(threeSteps(true));
    world.runs.length = 0;
    const host = await world.host();
    expect((await host()).steps).toMatchObject([{ step: 'failed', code: 'step-interrupted' }]);
    expect(names(world.runs)).toEqual(['one']);
    expect((await host({ again: true })).steps).toMatchObject([{ step: 'applied' }]);
    expect(names(world.runs)).toEqual(['one', 'two', 'three']);
  });

  it('is not run while what is kept of it can not be read', async () => {
    const world = await World.make();
    world.approve(threeSteps(true));
    const host = await world.host();
    await host();
    const [name = ''] = await readdir(join(world.root, 'once'));
    await writeFile(join(world.root, 'once', name), '{"half":');
    await rm(join(world.root, 'targets'), { recursive: true });
    expect((await (await world.host())()).steps).toMatchObject([{ step: 'waiting', code: 'state-damaged' }]);
    expect(names(world.runs)).toEqual(['one', 'two', 'three']);
  });
});

describe('what a host runs', () => {
  it('is the verified bytes, whatever lies there, with what the step may write and no more', async () => {
    const world = await World.make();
    world.approve(packClosure(deploymentFiles({ text: 'right' })));
    world.tool = async ({ files }) => ({
      exitCode: 0,
      text: await readFile(join(files, 'roles/message/defaults/main.yaml'), 'utf8'),
    });
    const host = await world.host();
    await host();
    const [run] = world.runs;
    expect(run).toMatchObject({
      tool: 'ansible-playbook',
      startInFiles: true,
      args: ['-i', 'inventory.yaml', 'site.yaml'],
    });
    expect(run?.sandbox.write).toEqual(['/srv/logos-demo']);
    await writeFile(join(run?.files ?? '', 'roles/message/defaults/main.yaml'), 'text: wrong\n');
    await writeFile(join(run?.files ?? '', 'ansible.cfg'), '[defaults]\n');
    world.tool = async ({ files }) => {
      expect(existsSync(join(files, 'ansible.cfg'))).toBe(false);
      return { exitCode: 0, text: RECAP };
    };
    expect((await host({ again: true })).steps).toMatchObject([{ step: 'clean' }]);
    // A look may write nothing.
    expect(world.runs[1]?.sandbox.write).toEqual([]);
  });

  it('stops at the first step that fails, says so once, and tries again by hand alone', async () => {
    const world = await World.make();
    world.approve(threeSteps());
    world.tool = async (run) => ({ exitCode: names([run])[0] === 'two' ? 1 : 0, text: '' });
    const host = await world.host();
    expect((await host()).steps).toMatchObject([{ step: 'failed', code: 'step-failed' }]);
    await host();
    expect(names(world.runs)).toEqual(['one', 'two']);
    expect(world.reports).toMatchObject([[1n, { failed: expect.stringContaining('step-failed') }]]);
    await host({ again: true });
    expect(names(world.runs)).toEqual(['one', 'two', 'two']);
  });

  it('waits for mirrors that have nothing, and blames nobody on chain', async () => {
    const world = await World.make();
    const closure = threeSteps();
    world.approve(closure);
    world.archives.clear();
    const host = await world.host();
    expect((await host()).steps).toMatchObject([{ step: 'waiting', code: 'artifact-unavailable' }]);
    expect(world.reports).toEqual([]);
    // Meanwhile another host applied it: what was read once is not forgotten.
    world.apply(world.proposals[0] as DeploymentProposal);
    world.height += 1;
    expect((await host()).steps).toMatchObject([{ step: 'waiting' }]);
    world.archives.set(closure.digest, closure.archive);
    expect((await host()).steps).toMatchObject([{ step: 'applied' }]);
    expect(world.reports).toEqual([]);
  });

  it.each([
    ...['proof-invalid', 'finality-invalid', 'finality-conflict', 'checkpoint-too-old', 'contract-code-unknown'],
    ...['endpoints-failed', 'light-client-stopped', 'configuration-key-missing', 'library-invalid', 'chain-timeout'],
  ])('waits for a node that answers otherwise than with %s, and blames nobody on chain', async (code) => {
    const world = await World.make();
    world.approve(threeSteps());
    world.unreadable = new ExternalError(code, 'a node says so');
    const host = await world.host();
    expect((await host()).steps).toMatchObject([{ step: 'waiting', code }]);
    world.unreadable = undefined;
    expect((await host()).steps).toMatchObject([{ step: 'applied' }]);
    expect(world.reports).toMatchObject([[1n, { applied: expect.any(String) }]]);
  });

  it('takes no fault of its own, such as too many open files, for one of the deployment', async () => {
    const world = await World.make();
    world.approve(threeSteps());
    const host = await world.host();
    world.unreadable = new Error('EMFILE: too many open files');
    expect((await host()).steps).toMatchObject([{ step: 'waiting', code: 'bug' }]);
    world.unreadable = undefined;
    for (const code of ['credential-unsafe', 'credential-malformed', 'permission-denied', 'sandbox-path-refused']) {
      world.lacking = new ExternalError(code, 'this host is set up otherwise');
      expect((await host()).steps).toMatchObject([{ step: 'failed', code }]);
      world.now += 600_000;
    }
    world.lacking = new Error('EMFILE: too many open files');
    expect((await host()).steps).toMatchObject([{ step: 'failed', code: 'bug' }]);
    expect(world.reports).toEqual([]);
    world.lacking = undefined;
    world.now += 600_000;
    expect((await host()).steps).toMatchObject([{ step: 'applied' }]);
    expect(world.reports).toMatchObject([[1n, { applied: expect.any(String) }]]);
  });

  it('keeps the report while the chain is gone, and gives up where it may not report', async () => {
    const world = await World.make();
    world.approve(threeSteps());
    world.outcome = 'pending';
    const host = await world.host();
    await host();
    await host();
    expect(world.reports).toHaveLength(2);
    world.outcome = 'refused';
    await host();
    await host();
    expect(world.reports).toHaveLength(3);
  });
});

describe('drift', () => {
  it('is looked for at its time, corrected from the step that drifted on, and counted', async () => {
    const world = await World.make();
    world.apply(world.approve(packClosure(deploymentFiles())));
    const host = await world.host();
    await host();
    await host();
    expect(world.runs).toHaveLength(1);
    world.now += 600_000;
    world.tool = async ({ args }) => ({
      exitCode: 0,
      text: args.includes('--check') ? RECAP.replace('changed=0', 'changed=2') : RECAP,
    });
    expect((await host()).steps).toMatchObject([{ step: 'corrected', code: 'drift-corrected' }]);
    expect(world.runs.map(({ args }) => args.includes('--check'))).toEqual([false, true, false]);
    expect((await host()).steps).toMatchObject([{ step: 'clean' }]);
    const [record] = await (await openDeploymentRecords(world.root)).list('0xab');
    expect(record?.drift).toMatchObject({ corrected: 1, state: 'clean', steps: ['message'] });
  });

  it('is not claimed where it can not be told', async () => {
    const world = await World.make();
    world.apply(world.approve(packClosure(deploymentFiles())));
    const host = await world.host();
    await host();
    for (const text of ['', RECAP.replace('unreachable=0', 'unreachable=1'), RECAP.replace('failed=0', 'failed=1')]) {
      world.tool = async () => ({ exitCode: 0, text });
      expect((await host({ again: true })).steps).toMatchObject([{ step: 'waiting', code: 'drift-unknown' }]);
    }
    world.tool = async () => ({ exitCode: 4, text: RECAP });
    expect((await host({ again: true })).steps).toMatchObject([{ step: 'waiting', code: 'drift-unknown' }]);
  });
});

describe('an older state of the chain', () => {
  it('is not acted on', async () => {
    const world = await World.make();
    world.approve(threeSteps());
    const host = await world.host();
    await host();
    world.height -= 1;
    await expect(host()).rejects.toMatchObject({ code: 'deployments-stale' });
  });

  it('and an approved closure of an older version is refused, with nothing run, and what runs is left alone', async () => {
    const world = await World.make();
    world.apply(world.approve(packClosure(deploymentFiles({ version: '2.0.0' }))));
    const host = await world.host();
    await host();
    const old = world.approve(packClosure(deploymentFiles({ version: '1.0.0' })));
    for (const _ of [1, 2]) {
      expect((await host()).steps).toMatchObject([{ step: 'failed', code: 'deployment-refused' }]);
    }
    expect(world.reports).toMatchObject([[2n, { failed: expect.stringContaining('version-not-above') }]]);
    old.status = 'failed';
    expect((await host()).steps).toMatchObject([{ step: 'clean', version: '2.0.0' }]);
    expect(world.runs).toHaveLength(1);
  });
});
