import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  changedTasks,
  NOTHING_YET,
  parseEvent,
  type RunTally,
  type TaskEvent,
  tallied,
} from '../../../src/region/events.ts';
import { runPlaybook } from '../../../src/region/run-playbook.ts';
import { cases } from '../../cases.ts';

const task = (host: string, status: TaskEvent['status'], message?: string): string =>
  JSON.stringify({ event: 'task', host, task: 'Install', status, ms: 3, message });

const tally = (...lines: readonly string[]): RunTally =>
  lines.flatMap((line) => parseEvent(line) ?? []).reduce(tallied, NOTHING_YET);

describe('what Ansible says', () => {
  it('is counted by host', () => {
    const counted = tally(
      task('s1', 'changed'),
      task('s1', 'ok'),
      task('s2', 'skipped'),
      task('s2', 'unreachable'),
      'warning',
    );
    expect(counted).toMatchObject({
      hosts: { s1: { tasks: 2, changed: 1, failed: 0 }, s2: { tasks: 1, changed: 0, failed: 1 } },
      ended: false,
    });
    expect(changedTasks(counted)).toBe(1);
  });

  it('is an event or nothing, whatever the line is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseEvent(line)?.event ?? 'none').toBe('none');
      }),
      { numRuns: cases(200) },
    );
  });
});

describe('a run', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'logos-run-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const places = () => ({
    tree: root,
    inventory: 'i',
    values: 'v',
    ansibleHome: join(root, 'ansible'),
    temporary: root,
    sockets: root,
  });

  /** A program in Ansible's place, so that what it says and how it ends can be chosen. */
  async function run(script: string, signal?: AbortSignal): Promise<RunTally> {
    const program = join(root, 'program');
    await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
    const mark = `test-${process.pid}-${performance.now()}`;
    const log = join(root, 'log');
    return runPlaybook({ program, ...places(), secrets: ['hush1234'], mark }, 'phases/base.yml', {
      log,
      on: () => {},
      ...(signal && { signal }),
    });
  }

  it('that ends well gives what was counted', async () => {
    const counted = await run(`echo '${task('s1', 'changed')}'; echo '{"event":"recap","hosts":{}}'`);
    expect(counted).toMatchObject({ ended: true, hosts: { s1: { changed: 1 } } });
  });

  it.each([
    ['region-phase-failed', task('s1', 'failed', 'no such package')],
    ['region-connection-lost', task('s1', 'unreachable', 'lost')],
    ['region-connection-lost', task('s1', 'failed', 'Failed to connect to the host via ssh: refused')],
    ['region-phase-failed', 'ERROR! no such file'],
  ])('that fails with %s tells where', async (code, line) => {
    await expect(run(`echo '${line}'; exit 2`)).rejects.toMatchObject({ code, status: 2 });
  });

  it("has a home of its own for Ansible, and no setting of the operator's", async () => {
    process.env.ANSIBLE_COLLECTIONS_PATH = '/somewhere/else';
    try {
      await run(`env > ${join(root, 'env')}`);
    } finally {
      delete process.env.ANSIBLE_COLLECTIONS_PATH;
    }
    const env = (await readFile(join(root, 'env'), 'utf8')).split('\n');
    expect(env).toContain(`ANSIBLE_HOME=${join(root, 'ansible')}`);
    expect(env.filter((line) => line.includes('/somewhere/else'))).toEqual([]);
  });

  it('tells no secret, whatever a task prints', async () => {
    await expect(run(`echo '${task('s1', 'failed', 'password=hush1234 is wrong')}'; exit 2`)).rejects.toMatchObject({
      message: 's1: "Install" failed: password=(secret) is wrong',
    });
    expect(await readFile(join(root, 'log'), 'utf8')).not.toContain('hush1234');
  });

  it('that its owner breaks off ends with all that it started', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 300);
    await expect(run('sleep 600 & wait', abort.signal)).rejects.toBe(reason);
  });

  it('of a program that is missing says so', async () => {
    const missing = runPlaybook({ program: join(root, 'nothing'), ...places(), secrets: [], mark: 'x' }, 'p', {
      log: join(root, 'log'),
      on: () => {},
    });
    await expect(missing).rejects.toMatchObject({ code: 'command-missing' });
  });
});
