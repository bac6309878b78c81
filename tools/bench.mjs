import { onProjectNode } from './lib/node.mjs';

/**
 * `npm run bench [-- NAME… [--rounds N]]`: measures what the project promises to be fast at, as one JSON object with a member a
 * benchmark. Without names: those that need nothing but this machine and a minute or two. Each is a file in tools/bench/ whose
 * default export measures and gives the figures.
 */
onProjectNode();
const BENCHMARKS = ['starts', 'dashboard', 'artifacts', 'chain', 'verified-reads', 'gatekeeper', 'knowledge'];
/** These take longer, and are run by name only. */
const LONG = ['guard', 'gpu', 'executor', 'evasions', 'dvm-start'];
const { parseArgs } = await import('node:util');
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' } },
});
const unknown = positionals.filter((name) => ![...BENCHMARKS, ...LONG].includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}: ${[...BENCHMARKS, ...LONG].join(', ')}.\n`);
  process.exit(2);
}
const options = values.rounds === undefined ? {} : { rounds: Number(values.rounds) };
const results = {};
for (const name of positionals.length > 0 ? positionals : BENCHMARKS) {
  const { default: measure } = await import(`./bench/${name}.mjs`);
  results[name] = await measure(options);
}
console.log(JSON.stringify(results, null, 2));
