import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtTool, nativeToolsLack } from '../../lab/tools.ts';
import { readCommand } from '../../src/gatekeeper/library/index.ts';
import { cases } from '../cases.ts';
import { CA_HASH, codeOf, NO_DOCUMENTS, shipped } from '../unit/gatekeeper/library/shipped.ts';

/** kubeadm itself reads what its library lets through: with `--help` at the end it reads all arguments, and does nothing. */
const lacks = nativeToolsLack({ built: ['kubeadm'] });
const CASES = Math.min(cases(1_500), 20_000);

const VALUES: Readonly<Record<string, readonly string[]>> = {
  'apiserver-advertise-address': ['10.0.0.1', 'fd00::1'],
  'apiserver-bind-port': ['6443', '0', '70000'],
  'apiserver-cert-extra-sans': ['a.example.org,10.0.0.2', 'b'],
  'certificate-key': ['ab'.repeat(32), 'short'],
  'control-plane-endpoint': ['10.0.0.1:6443', 'cluster.example.org'],
  'cri-socket': ['unix:///run/containerd/containerd.sock', 'tcp://10.0.0.1:1'],
  'discovery-token': ['abcdef.0123456789abcdef'],
  'discovery-token-ca-cert-hash': [CA_HASH, `${CA_HASH},${CA_HASH}`, 'md5:00'],
  'feature-gates': ['NodeLocalCRISocket=true', 'A=b'],
  'kubernetes-version': ['v1.34.4', '1.34'],
  'node-name': ['worker-1', '-1'],
  output: ['json', 'text', 'xml'],
  'pod-network-cidr': ['10.244.0.0/16', 'fd00::/64,10.1.0.0/16'],
  'service-cidr': ['10.96.0.0/12'],
  'service-dns-domain': ['cluster.local'],
  'tls-bootstrap-token': ['abcdef.0123456789abcdef'],
  token: ['abcdef.0123456789abcdef', '--help'],
  'token-ttl': ['2h', '1h30m', '0'],
  v: ['0', '5'],
};
const FLAGS = (
  'allow-experimental-upgrades allow-release-candidate-upgrades certificate-renewal cleanup-tmp-dir control-plane dry-run ' +
  'etcd-upgrade force skip-certificate-key-print skip-token-print upload-certs yes'
).split(' ');
const VERBS = ['init', 'join', 'upgrade plan', 'upgrade apply', 'upgrade node', 'reset'].map((verb) => verb.split(' '));
const WORDS =
  '-f -y -v5 -v=5 -v -o -ojson -fv3 -vf --dry-run=false --force=yes --v5 --dry -- 10.0.0.1:6443 v1.34.4'.split(' ');

const option = fc
  .tuple(fc.constantFrom(...Object.keys(VALUES)), fc.nat(2), fc.boolean())
  .map(([name, at, attached]) => {
    const values = VALUES[name] ?? [];
    const value = values[at % values.length] ?? '';
    return attached ? [`--${name}=${value}`] : [`--${name}`, value];
  });
const piece = fc.oneof(
  { weight: 4, arbitrary: option },
  { weight: 3, arbitrary: fc.constantFrom(...FLAGS).map((name) => [`--${name}`]) },
  { weight: 1, arbitrary: fc.constantFrom(...WORDS).map((word) => [word]) },
);
/** A join that has what it must have is seldom met with by chance. */
const needed = fc.constantFrom(
  [],
  ['10.0.0.1:6443', '--token', 'abcdef.0123456789abcdef', `--discovery-token-ca-cert-hash=${CA_HASH}`],
  ['v1.34.4'],
);
const command = fc
  .tuple(fc.constantFrom(...VERBS), needed, fc.array(piece, { maxLength: 3 }), fc.boolean())
  .map(([verb, given, pieces, early]) => {
    const options = pieces.flat();
    return ['kubeadm', ...(early ? [...options, ...verb] : [...verb, ...options]), ...given];
  });

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** For each command: exit code, and the first line of the usage that is shown. Nothing that it runs can change or reach anything. */
function asked(commands: readonly (readonly string[])[]): string[] {
  const kubeadm = quoted(builtTool('kubeadm') ?? '');
  const lines = commands.map(([, ...args]) => {
    // After two hyphens everything is an operand, and help has to be asked for before them.
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    const words = [...args.slice(0, end), '--help', ...args.slice(end)].map(quoted).join(' ');
    return `out=$(${kubeadm} ${words} 2>&1); code=$?; echo "$code $(echo "$out" | sed -n '/^Usage:/{n;p;q}')"`;
  });
  const closed = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--unshare-all'];
  const { stdout } = spawnSync('bwrap', [...closed, '--die-with-parent', 'sh', '-s'], {
    input: lines.join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return stdout.trimEnd().split('\n');
}

describe.skipIf(lacks)(`what the library of kubeadm accepts${lacks ? `: ${lacks}` : ''}`, () => {
  it('kubeadm takes too, and for the same command', { timeout: 600_000 }, () => {
    const library = shipped.forTool('kubeadm');
    if (library === undefined) throw new Error('there is no library of kubeadm');
    const accepted = fc
      .sample(command, CASES)
      .filter((argv) => codeOf(() => readCommand(library, argv, NO_DOCUMENTS)) === 'accepted');
    // Otherwise nothing was compared.
    expect(accepted.length).toBeGreaterThan(CASES / 50);
    const answers = asked(accepted);
    for (const [at, argv] of accepted.entries()) {
      const { operation } = readCommand(library, argv, NO_DOCUMENTS);
      const verb = operation.replace('kubeadm.', '').replace('-', ' ');
      expect(answers[at], argv.join(' ')).toMatch(new RegExp(`^0 +kubeadm ${verb}( |$)`));
    }
  });
});
