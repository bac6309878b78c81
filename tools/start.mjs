import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { inProject } from './lib/paths.mjs';
import { ensureBinary, ensureDependencies } from './lib/prepare.mjs';

/**
 * `npm start [-- ARGS]`: installs and builds what is missing, then lends this machine on an embedded development chain.
 * Plain JavaScript for any Node ≥ 18: it runs before anything is installed.
 */
ensureDependencies();
ensureBinary();
const args = ['provide', '--chain', 'dev', ...process.argv.slice(2)];
const logos = spawn(inProject('dist/logos'), args, { stdio: 'inherit' });
// A terminal signals the whole group, so the program has its Ctrl-C already; it alone decides when to end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => logos.kill('SIGTERM'));
process.on('SIGHUP', () => logos.kill('SIGHUP'));
logos.on('error', (error) => {
  process.stderr.write(`dist/logos can't be started: ${error.message}\n`);
  process.exitCode = 1;
});
logos.on('exit', (status, signal) => {
  process.exitCode = status ?? 128 + constants.signals[signal];
});
