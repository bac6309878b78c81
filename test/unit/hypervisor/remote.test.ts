import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Definitions } from '../../../src/hypervisor/definitions.ts';
import { Disks } from '../../../src/hypervisor/disks.ts';
import { type DvmHost, dvmLocks } from '../../../src/hypervisor/dvm-host.ts';
import { RemoteCalls, resultOf } from '../../../src/hypervisor/remote/calls.ts';
import { firstLine } from '../../../src/hypervisor/remote/first-line.ts';
import { serveRemote } from '../../../src/hypervisor/remote/serve.ts';
import { isRemoteUri, parseRemoteUri } from '../../../src/hypervisor/remote/uri.ts';
import { answerSchema } from '../../../src/hypervisor/remote/wire.ts';
import { localExec } from '../../../src/system/exec.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';
import { cases } from '../../cases.ts';

describe('a host by its URI', () => {
  test('over SSH, with everything that can be said', () => {
    const uri =
      'qemu+ssh://op@b.example:2222/system?home=/srv/l&command=/opt/logos&keyfile=/root/key&known_hosts=/root/known';
    expect(parseRemoteUri(uri)).toEqual({
      transport: 'ssh',
      target: { address: 'b.example', port: 2222, user: 'op', knownHosts: '/root/known', identity: '/root/key' },
      command: ['env', 'LOGOS_HOME=/srv/l', '/opt/logos', 'internal', 'dvm-agent'],
    });
    expect(parseRemoteUri('qemu+ssh://b/system', '/home/me')).toMatchObject({
      target: { user: 'root', port: 22, knownHosts: '/home/me/.ssh/known_hosts' },
      command: ['logos', 'internal', 'dvm-agent'],
    });
  });

  test('over TLS', () => {
    expect(parseRemoteUri('qemu+tls://[fd00::2]/system?pkipath=/etc/pki')).toEqual({
      ...{ transport: 'tls', address: 'fd00::2', port: 16_516, pki: '/etc/pki' },
    });
  });

  test.each([
    'qemu+tcp://b/system',
    'qemu+ssh://b/session',
    'qemu+ssh:///system',
    'qemu+ssh://a:secret@b/system',
    'qemu+ssh://-oProxyCommand=x/system',
    'qemu+ssh://b/system?no_verify=1',
    'qemu+ssh://b/system?keyfile=key',
    'qemu+tls://me@b/system',
  ])('%s is none', (uri) => {
    expect(() => parseRemoteUri(uri)).toThrow(expect.objectContaining({ code: 'dvm-uri-invalid' }));
  });

  test('whatever is written, it is refused by name or names a host that ssh takes for no option', () => {
    const words = fc.constantFrom(
      'qemu+ssh://',
      'qemu+tls://',
      '-',
      'a',
      '@',
      ':',
      '22',
      '/system',
      '?',
      'home=/',
      '%2d',
      '[',
      '::1',
      ']',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 9 }), (parts) => {
        const uri = parts.join('');
        try {
          const parsed = parseRemoteUri(uri);
          expect(isRemoteUri(uri)).toBe(true);
          const address = parsed.transport === 'ssh' ? parsed.target.address : parsed.address;
          expect(address).toMatch(/^[^-]/);
        } catch (error) {
          expect(error).toMatchObject({ code: 'dvm-uri-invalid' });
        }
      }),
      { numRuns: cases(500) },
    );
  });
});

describe('calls of another host', () => {
  let directory: string;
  let host: DvmHost;
  const uuid = '6d1d9f0c-8c3f-4b6e-9d86-1f4f3f1b2a3c';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logos-remote-'));
    const home = homeFrom({ LOGOS_HOME: directory });
    const journal = new Journal(join(directory, 'journal'));
    await mkdir(join(directory, 'disks'));
    host = {
      ...{ id: 'there', journal, diskDirectory: join(directory, 'disks') },
      definitions: new Definitions(join(directory, 'definitions')),
      disks: new Disks({ exec: localExec, journal }),
      ...dvmLocks(home),
      // What is called here is answered before libvirt is.
      libvirt: {} as DvmHost['libvirt'],
      image: async () => expect.fail('no image was asked for'),
    };
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const connect = async (purpose: object) => {
    const [near, far] = duplexPair();
    const served = serveRemote(far, {
      endpoint: { socket: join(directory, 'none'), uri: 'qemu:///system' },
      withHost: (use) => use(host),
      connect: async () => expect.fail('no socket was asked for'),
    });
    near.write(`${JSON.stringify(purpose)}\n`);
    const answer = answerSchema.parse(JSON.parse(await firstLine(near)));
    return { near, served, answer };
  };

  test('what is called happens there, and its errors come back with their codes', async () => {
    const { near, served, answer } = await connect({ purpose: 'calls' });
    expect(resultOf(answer)).toMatchObject({ id: 'there', uri: 'qemu:///system' });
    const calls = new RemoteCalls(near);
    expect(await calls.call('definitions.find', 'one')).toBeNull();
    await calls.call('journal.record', { kind: 'domain', target: 'one', before: { uuid } });
    expect(await host.journal.pending()).toMatchObject([{ kind: 'domain', target: 'one' }]);
    await expect(calls.call('definitions.find', '../one')).rejects.toMatchObject({ code: 'bug' });
    near.destroy();
    await served;
    await expect(calls.call('ping')).rejects.toMatchObject({ code: 'dvm-remote-lost' });
  });

  test('a lock is given back at the end of the connection that took it', async () => {
    const { near, served } = await connect({ purpose: 'calls' });
    expect(await new RemoteCalls(near).call('lock', 'one')).toBe(true);
    expect(await host.lock('one')).toBeUndefined();
    near.end();
    await served;
    const lock = await host.lock('one');
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test('nobody makes or removes a file that is no disk of this host, called shared or not', async () => {
    const { near, served } = await connect({ purpose: 'calls' });
    const file = join(directory, 'journal');
    await host.journal.record({ kind: 'domain', target: 'one', before: { uuid } });
    const calls = new RemoteCalls(near);
    const refused = { code: 'dvm-spec-invalid' };
    await expect(calls.call('disks.remove', [file])).rejects.toMatchObject(refused);
    const disk = { file: join(directory, 'new'), format: 'raw', sizeMiB: 1, shared: true } as const;
    await expect(calls.call('disks.make', [disk])).rejects.toMatchObject(refused);
    expect(await readdir(directory)).not.toContain('new');
    expect(await readFile(file, 'utf8')).toContain(uuid);
    near.end();
    await served;
  });

  test.each([{ purpose: 'shell' }, { purpose: 'migration', socket: '../libvirt-sock' }])(
    '%j is refused',
    async (purpose) => {
      const { served, answer } = await connect(purpose);
      expect(() => resultOf(answer)).toThrow();
      await served;
    },
  );
});
