import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onProjectNode } from './lib/node.mjs';
import { inProject, root } from './lib/paths.mjs';

onProjectNode();

/** `npm run check`: what can be said of the sources without running them. Prints `N passed, N failed, N skipped`. */
const bin = (name) => inProject('node_modules/.bin', name);
const CHECKS = [
  ['format and lint', bin('biome'), ['ci', '--colors=off', '--diagnostic-level=error', '.']],
  ['types', bin('tsc'), ['-p', '.']],
  ['unused files, exports and dependencies', bin('knip'), ['--no-progress']],
  ['dependency rules', process.execPath, ['tools/check-rules.mjs']],
  ['artefacts match their sources', process.execPath, ['tools/chain/verify-artifacts.mjs']],
  ['generated types match the artefacts', process.execPath, ['tools/chain/generate-types.mjs', '--check']],
];

let failed = 0;
for (const [name, command, args] of CHECKS) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const ok = status === 0 && existsSync(command);
  if (!ok) failed += 1;
  console.log(`${ok ? '✓' : '✗'} ${name}`);
  if (!ok) console.log(`${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trimEnd());
}
console.log(`${CHECKS.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
