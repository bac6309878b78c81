import { describe, expect, it } from 'vitest';
import { inventoryOf, knownHostsText, valuesOf } from '../../../src/region/inventory.ts';
import { checkServers, memoryNeeded } from '../../../src/region/preflight.ts';
import { parseFacts, type ServerFacts } from '../../../src/region/preflight-facts.ts';
import { completeSecrets } from '../../../src/region/secrets.ts';
import { compareSnapshots, parseSnapshot } from '../../../src/region/snapshot.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { sshExec, sshFailure, sshOptions } from '../../../src/system/ssh.ts';
import { hostKey, parsed, written } from './region-world.ts';

const ANSWER = `system debian 13
machine 0123
name s1
cpus 4
memory 8123456
disk 52428800
user 0 0
python /usr/bin/python3
systemd yes
port 0016
port 0CEA
address 10.0.0.11
address 127.0.0.1
way 10.0.0.12:22 900
way 10.0.0.12:22 400
way 10.0.0.13:22 none
`;
const clock = { clock: '1000.250000000\n', before: 1_000_000, after: 1_000_300 };
const facts = (change: Partial<ServerFacts> = {}): ServerFacts => ({
  ...parseFacts(ANSWER.replace('way 10.0.0.13:22 none\n', ''), clock),
  ...change,
});
const codes = (its: ServerFacts, fresh = false) =>
  checkServers(parsed(), { s1: its }, { fresh }).map(({ code, where }) => `${where} ${code}`);

describe('what a server says of itself', () => {
  it('is read with its units', () => {
    expect(parseFacts(ANSWER, clock)).toMatchObject({
      system: 'debian 13',
      memoryMiB: 7933,
      diskGiB: 50,
      privileged: true,
      systemd: true,
      ports: [22, 3306],
      ways: { '10.0.0.12:22': 0.4, '10.0.0.13:22': null },
      skewMs: 100,
      skewErrorMs: 150,
    });
  });

  it('that answers something else is no server', () => {
    expect(() => parseFacts('hello', clock)).toThrow('system');
  });

  it.each<[string, Partial<ServerFacts>]>([
    ['region-system-unsupported', { system: 'debian 12' }],
    ['region-system-unsupported', { python: '' }],
    ['region-system-unsupported', { systemd: false }],
    ['region-privilege-missing', { privileged: false }],
    ['region-memory-short', { memoryMiB: 2_683 }],
    ['region-disk-short', { diskGiB: 7 }],
    ['region-clock-skewed', { skewMs: -9_000 }],
    ['region-address-other', { addresses: ['10.0.0.12'] }],
    ['region-way-missing', { ways: { '10.0.0.12:22': null } }],
    ['region-way-slow', { ways: { '10.0.0.12:22': 80 } }],
  ])('is refused with %s', (code, change) => {
    expect(codes(facts())).toEqual([]);
    expect(codes(facts(change))).toEqual([`s1 ${code}`]);
  });

  it("has its own ports only before anything is the region's", () => {
    expect(codes(facts(), true)).toEqual(['s1 region-port-taken']);
  });

  it('is one machine, not two', () => {
    const two = checkServers(parsed(), { s1: facts(), s2: facts({ addresses: ['10.0.0.12'] }) }, { fresh: false });
    expect(two.map(({ code }) => code)).toEqual(['region-machine-duplicate', 'region-machine-duplicate']);
  });

  it('must have more memory for more workers', () => {
    const [one, four] = [1, 4].map((workers) => memoryNeeded({ workers }, { roles: ['controller'] }));
    expect([one, four]).toEqual([2_684, 5_384]);
  });
});

describe('how a server is reached', () => {
  const target = { address: '10.0.0.11', port: 22, user: 'root', knownHosts: '/srv/known hosts' };

  it('is by its pinned key, through a jump host that is pinned too', () => {
    const text = sshOptions({ ...target, jump: { address: 'gate', port: 2222, user: 'me' } }).join(' ');
    expect(text).toContain('StrictHostKeyChecking=yes');
    expect(text).toMatch(/ProxyCommand=ssh .*'UserKnownHostsFile=\/srv\/known hosts'.* -l me -W \[%h\]:%p gate$/);
  });

  it('hands over arguments as they are', async () => {
    const ran: (readonly string[])[] = [];
    const local: Exec = async (_, args) => {
      ran.push(args);
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    await sshExec(target, local)('echo', ["it's $HOME", 'a b', '']);
    expect(ran[0]?.at(-1)).toBe(`echo 'it'\\''s $HOME' 'a b' ''`);
  });

  it.each([
    ['ssh-host-key', 'Host key verification failed.'],
    ['ssh-host-key', 'No ED25519 host key is known for 10.0.0.11 and you have requested strict checking.'],
    ['ssh-login', 'root@10.0.0.11: Permission denied (publickey).'],
    ['ssh-unreachable', 'ssh: connect to host 10.0.0.11 port 22: No route to host'],
  ])('fails with %s', (code, stderr) => {
    expect(sshFailure(target, stderr)).toMatchObject({ code });
  });

  it('is written down for Ansible, with a group of each role', () => {
    const value = written();
    Object.assign(value.servers[1] ?? {}, { ssh: { port: 2222, user: 'admin', hostKey: hostKey(2) } });
    const definition = parsed(value);
    expect(knownHostsText(definition).split('\n')[1]).toBe(`[10.0.0.12]:2222 ${hostKey(2)}`);
    const inventory = inventoryOf(definition, { knownHosts: '/srv/known hosts', identity: '/key' });
    expect(inventory).toMatchObject({
      all: {
        children: {
          region: {
            hosts: {
              s2: { ansible_become: true, ansible_port: 2222, server: { name: 's2', class: 'compute-1' } },
              s3: { ansible_ssh_common_args: expect.stringContaining(`-o 'UserKnownHostsFile=/srv/known hosts'`) },
            },
            children: { controller: { hosts: { s1: {}, s2: {} } }, arbiter: { hosts: { s3: {} } } },
          },
        },
      },
    });
  });
});

describe('secrets', () => {
  it('stay what they are, and are all different', () => {
    const first = completeSecrets();
    expect(completeSecrets(first)).toEqual(first);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(first.rabbitmq).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(Buffer.from(first.fernet_1 ?? '', 'base64url')).toHaveLength(32);
    expect(Buffer.from(first.ceph_mon ?? '', 'base64')).toHaveLength(28);
  });

  it('stand in the values, beside what the definition says', () => {
    const values = valuesOf(parsed(), { rabbitmq: 'x' }, { kept: '/srv/kept' });
    expect(values).toMatchObject({
      region: { buffer_percent: 30, network: { tunnel: '10.0.0.0/24' }, state: '/srv/kept' },
      secrets: { rabbitmq: 'x' },
    });
  });
});

it('finds what differs between two looks at a server', () => {
  const before = parseSnapshot('package a:amd64 1 ii \nfile /etc/x y 12\nfile /etc/l -> /x\nunit a.service enabled\n');
  const after = parseSnapshot('package a:amd64 2 ii \nfile /etc/l -> /x\nunit a.service enabled\nentry new\n');
  expect(compareSnapshots(before, before)).toEqual([]);
  expect(compareSnapshots(before, after)).toEqual(['+ entry new', '- file /etc/x', '~ package a:amd64']);
});
