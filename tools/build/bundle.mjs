import { build } from 'esbuild';
import { inProject, root } from '../lib/paths.mjs';
import { commandTableModule } from './manifest.mjs';
import { absent, addons, loadTrace, packageRewrites, traceBanner } from './patches.mjs';

/** Where the scripts of the binary are built, and their names among its assets. */
export const ENTRY = 'build/entry.cjs';
export const MAIN = 'build/main.cjs';
export const MAIN_CACHE = 'build/main.cache';
/** What `guard check` and `guard watch` need of the program, in the place of all of it. */
export const LEAN = 'build/lean.cjs';
/** The integrity daemon alone. */
export const NGD = 'build/ngd.cjs';

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  absWorkingDir: root,
  // Names stay: stack traces, and packages that look at class names, need them.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // One byte a character lets V8 use the bytes where they are.
  charset: 'ascii',
  supported: { 'dynamic-import': false },
  logLevel: 'warning',
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.DEV': '"false"',
    'import.meta.url': '__program_url',
    'import.meta.filename': '__program_file',
    'import.meta.dirname': '__program_directory',
  },
};

const programLocation = `const __program_file = process.execPath;
const __program_directory = require('node:path').dirname(__program_file);
const __program_url = require('node:url').pathToFileURL(__program_file).href;`;

/**
 * Bundles the program into two scripts: the entry with the fast path, which Node's single executable starts, and all the
 * rest, which the entry compiles from an asset with its code cache only when it is needed.
 */
export async function bundle() {
  const plugins = [
    loadTrace(),
    addons(),
    // Databases and light clients that the chain packages can do without, and ssh2's optional accelerators.
    absent(
      /^(react-devtools-core|cpu-features|typeorm|sqlite3|better-sqlite3|pino-pretty|@substrate\/connect|smoldot)$|sshcrypto\.node$/,
    ),
    commandTable(),
    packageRewrites(),
  ];
  const main = await build({
    ...shared,
    entryPoints: [inProject('src/main.ts')],
    outfile: inProject(MAIN),
    plugins,
    metafile: true,
    banner: { js: `(function (exports, require, module, __filename, __dirname) {\n${programLocation}` },
    footer: { js: '})' },
  });
  for (const [source, script] of [
    ['src/lean.ts', LEAN],
    ['src/guard-daemon.ts', NGD],
  ]) {
    await build({
      ...shared,
      entryPoints: [inProject(source)],
      outfile: inProject(script),
      // The addons of other machines are absent.
      plugins: [loadTrace(), addons(), absent(/^react-devtools-core$/)],
      banner: { js: `(function (exports, require, module, __filename, __dirname) {\n${programLocation}` },
      footer: { js: '})' },
    });
  }
  await build({
    ...shared,
    entryPoints: [inProject('src/entry.ts')],
    outfile: inProject(ENTRY),
    plugins: [
      loadTrace(),
      scriptFromAsset('./main.ts', MAIN, MAIN_CACHE),
      scriptFromAsset('./lean.ts', LEAN),
      scriptFromAsset('./guard-daemon.ts', NGD),
    ],
    banner: { js: traceBanner },
  });
  return main.metafile;
}

function commandTable() {
  return {
    name: 'command-table',
    setup(build) {
      build.onLoad({ filter: /\/src\/commands\/index\.ts$/ }, () => ({
        contents: commandTableModule(),
        loader: 'js',
        resolveDir: root,
      }));
    },
  };
}

/** In the entry, the import of another script becomes: compile it from its asset, with its code cache where it has one. */
function scriptFromAsset(path, asset, cache) {
  const cachedData = cache === undefined ? 'undefined' : `Buffer.from(sea.getRawAsset(${JSON.stringify(cache)}))`;
  return {
    name: `script-from-asset-${asset}`,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${path.replaceAll('.', '\\.')}$`) }, () => ({
        path: asset,
        namespace: asset,
      }));
      build.onLoad({ filter: /.*/, namespace: asset }, () => ({
        contents: `
          const sea = require('node:sea');
          const { Script } = require('node:vm');
          const source = Buffer.from(sea.getRawAsset(${JSON.stringify(asset)})).latin1Slice();
          const script = new Script(source, { filename: 'logos', cachedData: ${cachedData} });
          if (script.cachedDataRejected && process.env.LOGOS_TRACE_MODULES) process.stderr.write('code cache rejected\\n');
          const main = { exports: {} };
          script.runInThisContext()(main.exports, require, main, process.execPath, __dirname);
          module.exports = main.exports;`,
        loader: 'js',
      }));
    },
  };
}
