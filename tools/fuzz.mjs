import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { onProjectNode } from './lib/node.mjs';
import { inProject, root } from './lib/paths.mjs';

onProjectNode();

/**
 * `npm run fuzz [-- --cases N] [FILE…]`: the properties of everything that reads what others wrote, each with N random
 * cases (default: a million, some hours), one file after the other. Exits with 1 when one finds something; fast-check
 * prints the smallest such case, and the seed with which it comes again.
 */
const PARSERS = [
  'test/unit/gatekeeper/documents',
  'test/unit/gatekeeper/library/dialects.test.ts',
  'test/unit/gatekeeper/native/judge.test.ts',
  'test/unit/gatekeeper/canonical.test.ts',
  'test/unit/gatekeeper/definition.test.ts',
  'test/unit/gatekeeper/stages.test.ts',
  'test/unit/gatekeeper/deployments/hcl.test.ts',
  'test/unit/gatekeeper/deployments/closure.test.ts',
  'test/unit/chain/verified/trie-proof.test.ts',
  'test/unit/chain/verified/justification.test.ts',
  'test/unit/chain/tx/arguments.test.ts',
  'test/unit/chain/verified/ink-types.test.ts',
  'test/unit/chain/url.test.ts',
  'test/unit/chain/schemas.test.ts',
  'test/unit/chain/ss58.test.ts',
  'test/unit/hypervisor/xdr.test.ts',
  'test/unit/hardening/firewall.test.ts',
  'test/unit/hardening/policy.test.ts',
];

/** What the slowest of them may take for one case, on a machine that does other things too. */
const SLOWEST_CASE_MS = 10;

const { values, positionals } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' } },
  allowPositionals: true,
});
const cases = Number(values.cases);
if (!Number.isSafeInteger(cases) || cases < 1) {
  console.error(`--cases takes a whole number, and not ${values.cases}.`);
  process.exit(2);
}

let failed = 0;
for (const file of positionals.length > 0 ? positionals : PARSERS) {
  const timeout = String(20_000 + cases * SLOWEST_CASE_MS);
  const { status } = spawnSync(
    process.execPath,
    [
      inProject('node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      'unit',
      '--testTimeout',
      timeout,
      '--no-file-parallelism',
      file,
    ],
    { cwd: root, env: { ...process.env, FUZZ_CASES: String(cases) }, stdio: 'inherit' },
  );
  if (status !== 0) failed += 1;
}
process.exitCode = failed > 0 ? 1 : 0;
