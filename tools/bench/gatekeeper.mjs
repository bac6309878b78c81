import { readFileSync } from 'node:fs';
import { inProject } from '../lib/paths.mjs';
import { median, perCpuSecond, rounded } from './figures.mjs';
import { signedCalls } from './signed-calls.mjs';

/** What a user types to have a host join a cluster: the longest of the everyday commands. */
const ARGV = [
  ...['kubeadm', 'join', '10.0.0.1:6443', '--token', 'abcdef.0123456789abcdef'],
  ...['--discovery-token-ca-cert-hash', `sha256:${'0a'.repeat(32)}`],
];
const POLICIES = 100;
/** Calls before anything is counted, and calls whose times are kept. */
const WARM = 2_000;
const COUNTED = 5_000;

/**
 * The gatekeeper's decision about one native command, from its raw arguments to the contract call, and what Cedar's engine takes for
 * a decision by 100 policies in the same process; then requests a second of one core: decided, encoded, signed alone and in batches.
 * Microseconds of wall time; rates by CPU time.
 */
export default async function gatekeeper() {
  const decide = await decider();
  const ours = await timesOf(decide);
  const cedar = await cedarTimes();
  const calls = await perCpuSecond(COUNTED, decide);
  const signed = await signedCalls(decide);
  const us = (times) => ({ p50: rounded(median(times)), p99: rounded(percentile(times, 0.99)) });
  return {
    decisionUs: us(ours),
    cedarUs: us(cedar),
    ratioToCedar: rounded(median(ours) / median(cedar)),
    callsPerCpuSecond: Math.round(calls),
    ...signed,
  };
}

/** Every stage before the executor, on the rules that ship with the program. Each wish is another, as real ones are. */
async function decider() {
  const { accessValidator, dvciValidator, librarySet, nativeRequest } = await import('../../src/gatekeeper/index.ts');
  const { parseDvciRules, parseGatekeeperDefinition, parseLibrary } = await import('../../src/gatekeeper/index.ts');
  const { translate, validate } = await import('../../src/gatekeeper/index.ts');
  const read = (path) => readFileSync(inProject(path));
  const definition = parseGatekeeperDefinition(read('chain/seed/network/client-gatekeeper.json'));
  const libraries = librarySet([parseLibrary(read('libraries/kubeadm.yaml'))]);
  const access = accessValidator(definition, 0);
  const account = '5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM';
  const scope = { account, genesis: `0x${'11'.repeat(32)}` };
  const compliance = { compliant: true };
  const context = { ...scope, standing: 'admitted', compliance, now: 0, pending: 0, resumed: true };
  const dvciRules = parseDvciRules(read('chain/seed/network/dvci-rules.json'));
  const validators = { dvci: dvciValidator(() => dvciRules) };
  const rules = { libraries, documents: new Map() };
  let count = 0;
  return async () => {
    count += 1;
    const payload = { host: account, argv: ARGV, documents: [], deadlineBlocks: 600 };
    const input = { kind: 'run-command', payload, origin: { source: 'api', uid: 0 }, nonce: `${count}` };
    const admitted = access.admit(nativeRequest(input, scope), context);
    return translate(await validate(admitted, { definition, rules, validators }), definition);
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

async function timesOf(work) {
  for (let count = 0; count < WARM; count += 1) await work();
  const times = [];
  for (let count = 0; count < COUNTED; count += 1) {
    const began = performance.now();
    await work();
    times.push((performance.now() - began) * 1_000);
  }
  return times;
}

function percentile(values, share) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];
}
