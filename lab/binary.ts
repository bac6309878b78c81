import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** The path of dist/logos, built of the present sources (tools/build/binary.mjs builds only when they changed). */
export async function builtBinary(): Promise<string> {
  await run(process.execPath, [join(ROOT, 'tools/build/binary.mjs'), '--if-stale']);
  return join(ROOT, 'dist/logos');
}

/** A copy of the binary where no node_modules is near: a module missing in it can't be found by accident. */
export async function binaryElsewhere(): Promise<{ path: string; directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-binary-'));
  const path = join(directory, 'logos');
  await copyFile(await builtBinary(), path);
  return { path, directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and gives what it printed, whatever its exit code. */
export function outcomeOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() });
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (part: string) => {
        printed[name] += part;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...printed }));
  });
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { status, stderr } = await outcomeOf(command, args);
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} failed:\n${stderr}`);
}
