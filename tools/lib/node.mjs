import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { projectNode } from './paths.mjs';

/**
 * Runs this script again on the Node that the project pins, unless it is that one already, and ends with its exit code.
 * `npm run` finds it by itself; `node tools/…` from a shell does not, and the system's Node may be too old for the tools.
 */
export function onProjectNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return;
  if (!existsSync(projectNode)) throw new Error('node_modules is missing: run `npm ci` first.');
  const { status, signal } = spawnSync(projectNode, process.argv.slice(1), { stdio: 'inherit' });
  process.exit(status ?? 128 + (constants.signals[signal] ?? 0));
}
