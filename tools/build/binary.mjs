import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { onProjectNode } from '../lib/node.mjs';
import { inProject, projectNode, root } from '../lib/paths.mjs';
import { binaryIsFresh, sourceHash } from '../lib/prepare.mjs';
import { assetNames } from './assets.mjs';

onProjectNode();
if (process.argv.includes('--if-stale') && binaryIsFresh()) process.exit(0);
const { bundle, ENTRY, LEAN, MAIN, MAIN_CACHE, NGD } = await import('./bundle.mjs');

/** `npm run build:binary`: the whole program as one executable, dist/logos (docs/adr, "One binary"). */
const started = performance.now();
// Taken first: a source that changes during the build must count as newer than it.
const builtOf = sourceHash();
mkdirSync(inProject('build'), { recursive: true });
mkdirSync(inProject('dist'), { recursive: true });
const metafile = await bundle();
writeFileSync(inProject('build/meta.json'), JSON.stringify(metafile));
escapeBeyondAscii(MAIN);
escapeBeyondAscii(LEAN);
escapeBeyondAscii(NGD);
run(projectNode, ['tools/build/code-cache.mjs', MAIN, MAIN_CACHE]);

const blob = 'build/logos.blob';
const configuration = {
  main: ENTRY,
  output: blob,
  disableExperimentalSEAWarning: true,
  useCodeCache: true,
  useSnapshot: false,
  assets: Object.fromEntries([...assetNames(), MAIN, MAIN_CACHE, LEAN, NGD].map((name) => [name, name])),
};
writeFileSync(inProject('build/sea.json'), JSON.stringify(configuration, null, 2));
run(projectNode, ['--experimental-sea-config', 'build/sea.json']);

const unfinished = inProject('build/logos');
copyFileSync(projectNode, unfinished);
chmodSync(unfinished, 0o755);
// Symbols are a tenth of the size. Without binutils the binary is larger and works the same.
spawnSync('strip', ['--strip-all', unfinished], { stdio: 'ignore' });
const { inject } = await import('postject');
await quietly(() =>
  inject(unfinished, 'NODE_SEA_BLOB', readFileSync(inProject(blob)), {
    sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
  }),
);
renameSync(unfinished, inProject('dist/logos'));
writeFileSync(inProject('dist/source.sha256'), builtOf);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stderr.write(`dist/logos: ${(statSync(inProject('dist/logos')).size / 1e6).toFixed(0)} MB in ${seconds} s\n`);

function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} failed:\n${stderr}`);
}

/**
 * Writes the characters beyond ASCII that the bundler leaves in regular expressions as escapes: the entry reads the main
 * script as one byte a character, which V8 then uses without a copy of twice the size.
 */
function escapeBeyondAscii(file) {
  const source = readFileSync(inProject(file), 'utf8');
  const escaped = source.replace(/(\\*)([\u0080-\uffff])/g, (_, slashes, character) => {
    if (slashes.length % 2 === 1) throw new Error(`${file} holds an escaped ${character}: teach this step about it.`);
    return `${slashes}\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  writeFileSync(inProject(file), escaped);
}

/** The injector warns of things it does not know in any Node binary. */
async function quietly(work) {
  const write = process.stderr.write;
  const lines = [];
  process.stderr.write = (text) => lines.push(text) > 0;
  try {
    return await work();
  } catch (error) {
    process.stderr.write = write;
    process.stderr.write(lines.join(''));
    throw error;
  } finally {
    process.stderr.write = write;
  }
}
