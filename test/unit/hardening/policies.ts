import { parseFirewall, parseHostPolicy } from '../../../src/hardening/index.ts';

export function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export const POLICY = {
  version: 1,
  limits: { pids: 512, cpuWeight: 50, ioWeight: 50 },
  firewall: 'host-firewall',
  sysctls: [
    { name: 'kernel.kptr_restrict', value: '1', compare: 'at-least', why: 'test' },
    { name: 'kernel.perf_event_paranoid', value: '2', compare: 'at-least', why: 'test' },
    { name: 'net.core.bpf_jit_harden', value: '2', why: 'test' },
    { name: 'fs.suid_dumpable', value: '0', why: 'test' },
  ],
  sandbox: { ngd: { NoNewPrivileges: 'yes' } },
  require: ['cgroup-cpu', 'cgroup-memory', 'cgroup-pids', 'firewall', 'sysctl'],
};

export const FIREWALL = {
  version: 1,
  rules: [
    { chain: 'input', guest: 'from', verdict: 'drop', why: 'no services' },
    {
      chain: 'forward',
      guest: 'from',
      destinations: ['10.0.0.0/8', 'fc00::/7'],
      verdict: 'drop',
      why: 'not the owner’s network'.replace('’', "'"),
    },
  ],
};

export const policyOf = (change: object = {}) => parseHostPolicy(bytes({ ...POLICY, ...change }));
export const firewallOf = (change: object = {}) => parseFirewall(bytes({ ...FIREWALL, ...change }));
