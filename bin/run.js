#!/usr/bin/env node
// What npm puts on PATH: the built binary.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const { status, signal } = spawnSync(join(import.meta.dirname, '../dist/logos'), process.argv.slice(2), {
  stdio: 'inherit',
});
if (signal) process.kill(process.pid, signal);
process.exitCode = status ?? 1;
