import { onProjectNode } from './lib/node.mjs';
import { installPackages, TEST_PACKAGES } from './lib/packages.mjs';
import { ensureBinary, ensureDependencies } from './lib/prepare.mjs';

/**
 * `npm test [-- LAYER…]`: makes this machine ready (npm packages; as root also Debian packages), builds the binary and
 * runs the layers. The last line is `N passed, N failed, N skipped`; exit code 1 when something failed.
 */
ensureDependencies();
onProjectNode();
const { chainLayer, checkLayer, labLayer, regionLayer, vitestLayer } = await import('./lib/layers.mjs');

const LAYERS = {
  check: { run: checkLayer },
  unit: { run: () => vitestLayer('unit', process.argv.includes('--no-coverage') ? [] : ['--coverage']) },
  chain: { run: chainLayer, machine: true },
  lab: { run: labLayer, machine: true },
  e2e: { run: () => vitestLayer('e2e'), machine: true },
  // Four servers and their OpenStack: ten minutes and 10 GiB, by its own command (`npm run test:region`).
  region: { run: regionLayer, machine: true, byName: true },
};

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const unknown = asked.filter((name) => !LAYERS[name]);
if (unknown.length > 0) {
  process.stderr.write(`There is no layer ${unknown.join(', ')}: ${Object.keys(LAYERS).join(', ')}.\n`);
  process.exit(2);
}
const names = asked.length > 0 ? asked : Object.keys(LAYERS).filter((name) => !LAYERS[name].byName);

if (names.some((name) => LAYERS[name].machine)) {
  const lacking = installPackages(Object.keys(TEST_PACKAGES));
  // Not an end: tests that miss something say so themselves.
  if (lacking) process.stderr.write(`System packages: ${lacking}\n`);
  ensureBinary();
}

const results = [];
for (const name of names) {
  process.stdout.write(`\n── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}\n`);
  const started = performance.now();
  const result = await LAYERS[name].run();
  results.push({ name, seconds: (performance.now() - started) / 1000, ...result });
}

process.stdout.write('\n── summary ──\n');
for (const { name, seconds, passed, failed, skipped } of results) {
  process.stdout.write(
    `${name.padEnd(6)} ${passed} passed, ${failed} failed, ${skipped.length} skipped in ${seconds.toFixed(0)} s\n`,
  );
}
for (const name of Object.keys(LAYERS)) {
  if (asked.length === 0 && !names.includes(name)) process.stdout.write(`not run: ${name} (npm run test:${name})\n`);
}
for (const { skipped } of results)
  for (const { name, reason } of skipped) process.stdout.write(`skipped: ${name}: ${reason}\n`);
for (const { failures } of results) for (const name of failures) process.stdout.write(`failed: ${name}\n`);
const total = (count) => results.reduce((sum, result) => sum + count(result), 0);
const failed = total((result) => result.failed);
process.stdout.write(
  `${total((result) => result.passed)} passed, ${failed} failed, ${total((result) => result.skipped.length)} skipped\n`,
);
process.exitCode = failed > 0 ? 1 : 0;
