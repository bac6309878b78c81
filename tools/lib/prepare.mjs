import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { filesUnder, hashOf } from './hash.mjs';
import { inProject, root } from './paths.mjs';

/** Steps that make a clone ready. What they print goes to stderr: stdout belongs to whom they are done for. */

/** Runs `npm ci` unless node_modules holds what package-lock.json says. */
export function ensureDependencies() {
  const stamp = inProject('node_modules/.lock-sha256');
  const wanted = hashOf(['package-lock.json', 'package.json']);
  if (textOf(stamp) === wanted) return;
  // Somebody's own `npm ci` or `npm install` leaves a copy of the lock file that is as new as the installed packages.
  if (!lockInstalled()) {
    process.stderr.write('Installing npm packages …\n');
    must('npm', ['ci', '--no-fund', '--no-audit']);
  }
  writeFileSync(stamp, wanted);
}

/** Builds dist/logos unless it was built of the present sources. */
export function ensureBinary() {
  if (binaryIsFresh()) return;
  process.stderr.write('Building dist/logos …\n');
  must(process.execPath, [inProject('tools/build/binary.mjs')]);
}

export function binaryIsFresh() {
  return existsSync(inProject('dist/logos')) && textOf(inProject('dist/source.sha256')) === sourceHash();
}

/** Everything the binary is made of. */
export function sourceHash() {
  const files = filesUnder([
    'src',
    'tools/build',
    'tools/lib',
    'chain/artifacts',
    'chain/seed',
    'contracts/artifacts',
    'libraries',
    'iac/ansible',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ]);
  return hashOf(files);
}

/** npm keeps, of what it installed, the lock file's packages in node_modules/.package-lock.json. */
function lockInstalled() {
  const installed = textOf(inProject('node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(installed).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (present[path] ? present[path].version === version : optional === true),
  );
}

function must(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) {
    process.stderr.write(`${command} ${args.join(' ')} failed.\n`);
    process.exit(status ?? 1);
  }
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
