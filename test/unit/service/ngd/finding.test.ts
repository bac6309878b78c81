import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigurationEntry, VerifiedChain } from '../../../../src/chain/index.ts';
import { guestWatch } from '../../../../src/service/ngd/guest-watch.ts';
import { isReadOnly } from '../../../../src/service/ngd/host-mounts.ts';
import { ownProcesses } from '../../../../src/service/ngd/processes.ts';
import { readWanted } from '../../../../src/service/ngd/wanted.ts';
import { SERVICE_VARIABLE, serviceMark } from '../../../../src/service/supervisor/find-process.ts';
import { unitMainPid } from '../../../../src/service/systemd/main-pid.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';
import { ExternalError } from '../../../../src/system/errors.ts';
import { type Exec, localExec } from '../../../../src/system/exec.ts';
import { type Home, homeFrom } from '../../../../src/system/home.ts';
import { Journal } from '../../../../src/system/journal.ts';

let home: Home;
beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-finding-')) });
  await mkdir(home.state, { recursive: true });
  onTestFinished(() => rm(home.root, { recursive: true, force: true }));
});

const answering = (stdout: string): Exec => (async () => ({ exitCode: 0, stdout, stderr: '' })) as unknown as Exec;
const failing: Exec = async () => {
  throw new ExternalError('command-failed', 'Operation not permitted');
};

describe('the process of a unit', () => {
  it('is the one that systemd says, where it runs the machine', async () => {
    expect(await unitMainPid('logos-ng.service', answering('4711\n'), home.root)).toBe(4711);
    expect(await unitMainPid('logos-ng.service', answering('0\n'), home.root)).toBeUndefined();
    expect(await unitMainPid('logos-ng.service', failing, join(home.root, 'absent'))).toBeUndefined();
    await expect(unitMainPid('logos-ng.service', failing, home.root)).rejects.toThrow('systemd does not tell');
  });

  it('is asked for until it is there; without one for a minute nothing is known', async () => {
    let time = 0;
    const find = ownProcesses({ home, exec: answering('0'), now: () => time });
    expect(await find()).toMatchObject([{ name: 'NGd' }]);
    time = 59_000;
    expect(await find()).toHaveLength(1);
    time = 61_000;
    await expect(find()).rejects.toThrow('no process of NG was found for 61 s');
    const env = { ...process.env, [SERVICE_VARIABLE]: serviceMark(home, 'ng') };
    const ng = spawn('sleep', ['60'], { env, detached: true });
    onTestFinished(() => void ng.kill('SIGKILL'));
    time = 70_000;
    expect(await find()).toMatchObject([{ name: 'NGd' }, { name: 'NG', pid: ng.pid }]);
  });
});

describe('what the chain wants of a host', () => {
  const seed = join(import.meta.dirname, '../../../../chain/seed/security/host-policy.json');
  const inline = (text: string): ConfigurationEntry =>
    ({ value: { kind: 'inline', bytes: new TextEncoder().encode(text) } }) as unknown as ConfigurationEntry;
  const chain = (entries: Record<string, ConfigurationEntry>) =>
    ({
      section: async (name: string) => ({
        entries: new Map(name === 'security-section-1' ? Object.entries(entries) : []),
      }),
    }) as unknown as VerifiedChain;

  it('is worked out part by part: one that can’t be takes no other with it, and is told of', async () => {
    const text = await readFile(seed, 'utf8');
    const firewall = '{ "version": 1, "broken": true }';
    const entries = { 'host-policy': inline(text), 'host-firewall': inline(firewall) };
    const wanted = await readWanted(chain(entries), home, failing);
    expect(wanted.policy).toBe(sha256Hex(new TextEncoder().encode(text)));
    expect(wanted.sysctls.map(({ path }) => path)).toContain('/proc/sys/fs/protected_fifos');
    expect(wanted).toMatchObject({ firewall: undefined, missing: [expect.stringMatching(/^firewall: /)] });
  });

  it('is told to be unknown where this host has not got the document', async () => {
    const digest = 'ab'.repeat(32);
    const entry = { value: { kind: 'artifact', digest, size: 1 } } as unknown as ConfigurationEntry;
    const wanted = await readWanted(chain({ 'host-policy': entry }), home, localExec);
    expect(wanted).toMatchObject({ policy: undefined, artifacts: [digest] });
    expect(wanted.missing).toEqual(['host-policy: this host has not got its document']);
  });
});

describe('guests', () => {
  it('are none where there is no libvirt; where some were started, nobody knows what they are', async () => {
    const { domains } = guestWatch(home);
    expect(await domains()).toEqual([]);
    await new Journal(home.journal).record({ kind: 'domain', target: 'dvm-1', before: { uuid: 'u' } });
    await expect(domains()).rejects.toThrow('what guests are can’t be asked'.replace('’', "'"));
  });
});

it('a file is read-only where the deepest mount that leads to it is, and the last of two', () => {
  const line = (at: string, options: string, own = 'rw') => `36 35 98:0 / ${at} ${options} shared:1 - proc proc ${own}`;
  const mounts = [line('/', 'rw'), line('/proc', 'rw'), line('/proc/sys', 'ro,nosuid')].join('\n');
  expect(isReadOnly(mounts, '/proc/sys/fs/x')).toBe(true);
  expect(isReadOnly(mounts, '/proc/system')).toBe(false);
  expect(isReadOnly([mounts, line('/proc/sys', 'rw')].join('\n'), '/proc/sys/fs/x')).toBe(false);
  expect(isReadOnly(line('/a\\040b', 'rw', 'ro'), '/a b/c')).toBe(true);
});
