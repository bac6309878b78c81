import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from '../lib/paths.mjs';
import { median, rounded } from './figures.mjs';

/** What a user types to have a host join a cluster: the longest of the everyday commands. */
const ARGV = [
  ...['kubeadm', 'join', '10.0.0.1:6443', '--token', 'abcdef.0123456789abcdef'],
  ...['--discovery-token-ca-cert-hash', `sha256:${'0a'.repeat(32)}`],
];
const POLICIES = 100;
/** Calls before anything is counted, and calls whose times are kept. */
const WARM = 2_000;
const COUNTED = 5_000;
const SIGNED = 1_000;

/**
 * The gatekeeper's decision about one native command, from its raw arguments to the contract call, and what Cedar's engine takes for
 * a decision by 100 policies in the same process; then requests a second of one core, without and with a signed transaction.
 * Microseconds of wall time; rates by CPU time.
 */
export default async function gatekeeper() {
  const decide = await decider();
  const ours = timesOf(decide);
  const cedar = await cedarTimes();
  const calls = rate(COUNTED, decide);
  const signed = await signedRate(decide);
  const us = (times) => ({ p50: rounded(median(times)), p99: rounded(percentile(times, 0.99)) });
  return {
    decisionUs: us(ours),
    cedarUs: us(cedar),
    ratioToCedar: rounded(median(ours) / median(cedar)),
    callsPerCpuSecond: calls,
    signedCallsPerCpuSecond: signed,
  };
}

/** Every stage before the executor, on the rules that ship with the program. Each wish is another, as real ones are. */
async function decider() {
  const { librarySet, nativeRequest, parseGatekeeperDefinition, parseLibrary, translate } = await import(
    '../../src/gatekeeper/index.ts'
  );
  const { accessValidator } = await import('../../src/gatekeeper/index.ts');
  const read = (path) => readFileSync(inProject(path));
  const definition = parseGatekeeperDefinition(read('chain/seed/network/client-gatekeeper.json'));
  const libraries = librarySet([parseLibrary(read('libraries/kubeadm.yaml'))]);
  const access = accessValidator(definition, 0);
  const account = '5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM';
  const scope = { account, genesis: `0x${'11'.repeat(32)}` };
  const context = { standing: 'admitted', account, now: 0, pending: 0, resumed: true };
  const rules = { libraries, documents: new Map() };
  let count = 0;
  return () => {
    count += 1;
    const payload = { host: account, argv: ARGV, documents: [], deadlineBlocks: 600 };
    const input = { kind: 'run-command', payload, origin: { source: 'api', uid: 0 }, nonce: `${count}` };
    return translate(access.admit(nativeRequest(input, scope), context), definition, rules);
  };
}

/** Cedar's engine with its policies parsed before, and then with a request of the same facts. */
async function cedarTimes() {
  const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
  const policy = (index) =>
    `permit(principal == User::"user-${index}", action == Action::"kubeadm-join", resource == Host::"host-${index}") when { context.standing == "admitted" && context.pending < 256 };`;
  const staticPolicies = Array.from({ length: POLICIES }, (_, index) => policy(index)).join('\n');
  const parsed = cedar.preparsePolicySet('bench', { staticPolicies });
  if (parsed.type !== 'success') throw new Error(`Cedar refuses its policies: ${JSON.stringify(parsed)}`);
  const last = `${POLICIES - 1}`;
  return timesOf(() => {
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'User', id: `user-${last}` },
      action: { type: 'Action', id: 'kubeadm-join' },
      resource: { type: 'Host', id: `host-${last}` },
      context: { standing: 'admitted', pending: 3 },
      preparsedPolicySetId: 'bench',
      entities: [],
      validateRequest: false,
    });
    if (answer.response?.decision !== 'allow') throw new Error(`Cedar said ${JSON.stringify(answer)}`);
  });
}

/** From arguments to a signed transaction, against the runtime and contract of an embedded chain. */
async function signedRate(decide) {
  const { startDevChain } = await import('../../src/chain/index.ts');
  const { ApiPromise, WsProvider } = await import('@polkadot/api');
  const { Abi } = await import('@polkadot/api-contract');
  const { Keyring } = await import('@polkadot/keyring');
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  const chain = await startDevChain({ port: 0, directory });
  const api = await ApiPromise.create({ provider: new WsProvider(chain.url), noInitWarn: true });
  try {
    const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
    const abi = new Abi(JSON.parse(readFileSync(inProject('contracts/artifacts/operation.contract'), 'utf8')));
    const record = (await api.query.scl.contracts('local', ['Operation', 'compute-section-1'])).unwrap();
    const message = abi.findMessage('request');
    const gas = api.registry.createType('WeightV2', { refTime: 5_000_000_000, proofSize: 500_000 });
    const { genesisHash, runtimeVersion } = api;
    let nonce = 0;
    return rate(SIGNED, () => {
      const { content, requestId } = decide();
      const { host, kind, deadlineBlocks } = content.arguments;
      const run = { operation: kind.operation, library: `0x${kind.library}`, command: `0x${kind.command}` };
      const data = message.toU8a([`0x${requestId}`, host, { Run: run }, deadlineBlocks]);
      const call = api.tx.scl.callContract(record.address ?? record.account, 0, gas, null, data);
      nonce += 1;
      return call.sign(alice, { nonce, era: 0, blockHash: genesisHash, genesisHash, runtimeVersion });
    });
  } finally {
    await api.disconnect();
    await chain.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function timesOf(work) {
  for (let count = 0; count < WARM; count += 1) work();
  return Array.from({ length: COUNTED }, () => {
    const began = performance.now();
    work();
    return (performance.now() - began) * 1_000;
  });
}

/** Rounds a second of CPU time, which other load on the machine does not change. */
function rate(rounds, work) {
  for (let count = 0; count < rounds / 10; count += 1) work();
  const before = process.cpuUsage();
  for (let count = 0; count < rounds; count += 1) work();
  const { user, system } = process.cpuUsage(before);
  return Math.round(rounds / ((user + system) / 1e6));
}

function percentile(values, share) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];
}
