import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject, root } from './paths.mjs';

/**
 * The layers of `npm test`. Each gives `{ passed, failed, skipped: [{ name, reason }], failures: [name] }`
 * and prints its own output as it comes.
 */

export async function checkLayer() {
  const { status, output } = await shown(process.execPath, ['tools/check.mjs']);
  const [, passed, failed] = /^(\d+) passed, (\d+) failed, \d+ skipped$/m.exec(output) ?? [];
  if (passed === undefined) return broken('check', status);
  const failures = [...output.matchAll(/^✗ (.+)$/gm)].map(([, name]) => name);
  return { passed: Number(passed), failed: Number(failed), skipped: [], failures };
}

/** The lab's tests, after what is slow to make the first time. What can't be made, the tests that need it tell of. */
export async function labLayer() {
  await shown(process.execPath, ['--import', 'tsx', inProject('lab/openstack/prepare.ts')]);
  await shown(process.execPath, [inProject('tools/go/build.mjs')]);
  return vitestLayer('lab');
}

/** Four servers become a region. What they boot is made first, once. */
export async function regionLayer() {
  await shown(process.execPath, ['--import', 'tsx', inProject('lab/region/prepare.ts')]);
  return vitestLayer('region');
}

/** One project of vitest.config.ts. */
export async function vitestLayer(project, extra = []) {
  const directory = mkdtempSync(join(tmpdir(), 'logos-counts-'));
  const file = join(directory, 'counts.json');
  try {
    const args = [
      'run',
      '--project',
      project,
      '--reporter=default',
      `--reporter=${inProject('tools/lib/vitest-counts.mjs')}`,
    ];
    const { status } = await shown(
      process.execPath,
      [inProject('node_modules/vitest/vitest.mjs'), ...args, '--passWithNoTests', ...extra],
      {
        LOGOS_TEST_COUNTS: file,
      },
    );
    if (!existsSync(file)) return broken(project, status);
    const counts = JSON.parse(readFileSync(file, 'utf8'));
    // Its exit code also knows what no test stands for, such as a coverage threshold.
    return status !== 0 && counts.failed === 0 ? broken(project, status, counts) : counts;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * The Rust tests, the artefacts built anew, and a network of native nodes. What cargo builds is kept outside the clone, keyed
 * by its sources.
 */
export async function chainLayer() {
  const tests = await shown(process.execPath, ['tools/chain/test.mjs']);
  const counts = cargoCounts(tests.output);
  if (tests.status !== 0 && counts.failed === 0) return broken('tools/chain/test.mjs', tests.status, counts);
  const rebuild = await shown(process.execPath, ['tools/chain/verify-artifacts.mjs', '--rebuild']);
  for (const [, name, reason] of rebuild.output.matchAll(/^SKIPPED ([^:]+): (.+)$/gm))
    counts.skipped.push({ name, reason });
  if (rebuild.status !== 0) return broken('artefacts built anew', rebuild.status, counts);
  if (!/^SKIPPED /m.test(rebuild.output)) counts.passed += 1;
  for (const script of ['tools/chain/build-node.mjs', 'tools/chain/build-upgrade.mjs']) {
    const { status } = await shown(process.execPath, [script]);
    if (status !== 0) return broken(script, status, counts);
  }
  return added(counts, await vitestLayer('testnet'));
}

function added(one, other) {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: [...one.skipped, ...other.skipped],
    failures: [...one.failures, ...other.failures],
  };
}

/** Adds up cargo's `test result: ok. 3 passed; 0 failed; 1 ignored; …` lines. */
function cargoCounts(output) {
  const counts = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const [, passed, failed] of output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  for (const [, name, reason] of output.matchAll(/^test (\S+) \.\.\. ignored(?:, (.*))?$/gm)) {
    counts.skipped.push({ name, reason: reason ?? 'ignored' });
  }
  counts.failures = [...output.matchAll(/^test (\S+) \.\.\. FAILED$/gm)].map(([, name]) => name);
  return counts;
}

/** A layer that ended badly without naming a failed test: that is one failure. */
function broken(name, status, counts = { passed: 0, failed: 0, skipped: [], failures: [] }) {
  const failure = `${name}: exit code ${status}`;
  return { ...counts, failed: counts.failed + 1, failures: [...counts.failures, failure] };
}

/** Runs a program, showing what it prints, and gives that too. */
function shown(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let output = '';
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.setEncoding('utf8');
      from.on('data', (part) => {
        output += part;
        to.write(part);
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
