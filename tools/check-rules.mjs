import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { inProject } from './lib/paths.mjs';

/**
 * The dependency rules of src/ (CONTRIBUTING.md): rooms import only rooms below them, and only through their index.ts.
 * `node tools/check-rules.mjs [SRC]`: prints one line a violation; exit code 1 when there is one.
 */

/** From top to bottom; rooms in the same row don't know each other. */
const ROWS = [
  ['commands'],
  ['tui'],
  ['service'],
  ['host'],
  ['hypervisor', 'gpu', 'hardening', 'region'],
  ['gatekeeper'],
  ['guard'],
  ['chain', 'network'],
  ['system'],
];

/** Files besides index.ts that other rooms may import, and why. */
const ENTRANCES = {
  // The engine for any directory knows nothing of the rest of its room.
  guard: ['engine/index.ts'],
  // A program of its own, which one command runs.
  gpu: ['worker/main.ts'],
  service: [
    // The fast path reads a status without loading the rest of the room.
    'fast-status.ts',
    'compose-status.ts',
    'status-document.ts',
    'status-text.ts',
    // What is done with a DVM is counted in milliseconds: it loads nothing else of the room.
    'dvm-host.ts',
    'dvm-start.ts',
    // The dashboard gives orders, and needs nothing else of the room.
    'api/client.ts',
    // Programs of their own: each is loaded by the one command that runs it.
    'answer-rules.ts',
    'ngd/answer-attest.ts',
    'ng.ts',
    'ngd.ts',
    'provide/index.ts',
    'reset.ts',
    'supervisor/supervisor.ts',
  ],
};

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.{1,2}\/[^'"]+)\1/g;

function violations(source) {
  return sourceFiles(source).flatMap((file) => {
    const text = readFileSync(join(source, file), 'utf8');
    return [...text.matchAll(IMPORT)].flatMap(([, , target]) => {
      const reason = judge(file, relative(source, resolve(source, dirname(file), target)));
      return reason ? [`${file}: ${reason}`] : [];
    });
  });
}

/** Why `from` must not import `to`, both relative to src/. */
function judge(from, to) {
  if (to.startsWith('..')) return to === '../package.json' ? undefined : `imports ${to}, which is outside src/`;
  const [fromRoom, toRoom] = [from, to].map((path) =>
    path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined,
  );
  if (toRoom === undefined) return fromRoom === undefined ? undefined : `imports ${to}, which is above all rooms`;
  const toRow = ROWS.findIndex((row) => row.includes(toRoom));
  if (toRow < 0) return `imports the room ${toRoom}, which the rules don't know`;
  if (fromRoom === toRoom) return undefined;
  if (fromRoom !== undefined) {
    const fromRow = ROWS.findIndex((row) => row.includes(fromRoom));
    if (fromRow < 0) return `is in the room ${fromRoom}, which the rules don't know`;
    if (fromRow >= toRow) return `imports ${to}: ${fromRoom} stands below or beside ${toRoom}`;
  }
  const inner = to.slice(toRoom.length + 1);
  const open =
    toRoom === 'system' || toRoom === 'commands' || inner === 'index.ts' || ENTRANCES[toRoom]?.includes(inner);
  return open ? undefined : `imports ${to}: use ${toRoom}/index.ts`;
}

function sourceFiles(source) {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(source, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

const source = resolve(process.argv[2] ?? inProject('src'));
const found = violations(source);
for (const violation of found) console.log(violation);
const files = sourceFiles(source).length;
// A check that looks at nothing must not pass.
if (files === 0) console.log(`${source} holds no TypeScript.`);
process.exitCode = found.length > 0 || files === 0 ? 1 : 0;
