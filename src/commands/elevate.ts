import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { ownCommand } from '../system/process.ts';

/** Our settings, which sudo would otherwise drop. */
const KEPT = ['LOGOS_HOME', 'LOGOS_CACHE', 'LOGOS_ENTRY', 'NO_COLOR'];

/** Whether a person can be asked for root's rights here. */
export function canElevate(): boolean {
  if (process.getuid?.() === 0 || !process.stdin.isTTY) return false;
  return (process.env.PATH ?? '').split(':').some((directory) => isExecutable(join(directory, 'sudo')));
}

/** Runs this program again as root with the same words, and gives its exit code. */
export function runElevated(args: readonly string[]): Promise<number> {
  const settings = KEPT.flatMap((name) => (process.env[name] ? [`${name}=${process.env[name]}`] : []));
  return new Promise((resolve, reject) => {
    const child = spawn('sudo', [...settings, '--', ...ownCommand(), ...args], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
