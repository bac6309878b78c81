import { readFileSync } from 'node:fs';
import { inProject } from '../lib/paths.mjs';
import { ADDONS } from './assets.mjs';

/**
 * esbuild plugins that make third-party modules fit into one CommonJS file. Each states which trait of the package it
 * answers; a patch whose text is no longer found fails the build, so that an update can't pass it by.
 */

/** Loads the addon from the binary's assets in the place of a file beside the package. */
export function addons() {
  return {
    name: 'addons',
    setup(build) {
      // Bundlers take a package's `import` entry; koffi's looks for its addon in ways that only work on disk.
      build.onResolve({ filter: /^koffi$/ }, () => ({ path: inProject('node_modules/koffi/index.cjs') }));
      build.onResolve({ filter: /^@koromix\/koffi-/ }, ({ path }) =>
        ADDONS[path] ? { path, namespace: 'addon' } : { path, namespace: 'absent' },
      );
      build.onLoad({ filter: /.*/, namespace: 'addon' }, ({ path }) => ({
        contents: `import { loadAddon } from ${JSON.stringify(inProject('src/system/addon.ts'))};
          module.exports = loadAddon(${JSON.stringify(ADDONS[path])});`,
        resolveDir: inProject(),
      }));
    },
  };
}

/** Optional parts that are not carried: asking for one throws, as when it is not installed. */
export function absent(filter) {
  return {
    name: 'absent',
    setup(build) {
      build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'absent' }));
      build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({
        contents: `throw Object.assign(new Error(${JSON.stringify(`${path} is not part of this program`)}), { code: 'MODULE_NOT_FOUND' });`,
      }));
    },
  };
}

/** Rewrites single files of packages. `edits`: [path filter, (source) => source]. */
export function rewrites(edits) {
  return {
    name: 'rewrites',
    setup(build) {
      for (const [filter, edit] of edits) {
        build.onLoad({ filter }, ({ path }) => ({
          contents: edit(readFileSync(path, 'utf8'), path),
          loader: 'js',
          resolveDir: path.slice(0, path.lastIndexOf('/')),
        }));
      }
    },
  };
}

/** Replaces text that must be there. */
function replaced(source, path, ...pairs) {
  return pairs.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${path} no longer holds ${JSON.stringify(from)}: review its patch.`);
    return text.replaceAll(from, to);
  }, source);
}

/** CommonJS has no top-level await: yoga's WebAssembly is instantiated at once in the place of later. */
const yoga = [
  /yoga-layout\/dist\/src\/index\.js$/,
  (source, path) =>
    replaced(source, path, [
      'const Yoga = wrapAssembly(await loadYoga());',
      `const assembly = {
         instantiateWasm(imports, receive) {
           const bytes = Buffer.from(wasmBase64, 'base64');
           const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
           receive(instance);
           return instance.exports;
         },
       };
       loadYoga(assembly);
       const Yoga = wrapAssembly(assembly);`,
    ]).replace(
      "import loadYoga from '../binaries/yoga-wasm-base64-esm.js';",
      "import loadYoga, { wasmBase64 } from '../binaries/yoga-wasm-base64-esm.js';",
    ),
];

const yogaBytes = [
  /yoga-layout\/dist\/binaries\/yoga-wasm-base64-esm\.js$/,
  (source, path) => {
    const [url, bytes] = /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"/.exec(source) ?? [];
    if (!bytes) throw new Error(`${path} no longer holds its WebAssembly as a data URL: review its patch.`);
    return `export const wasmBase64 = "${bytes}";\n${source.replace(url, '"data:application/octet-stream;base64," + wasmBase64')}`;
  },
];

/** ink loads its developer tools by top-level await; `DEV` is never set in the binary. */
const ink = [
  /ink\/build\/reconciler\.js$/,
  (source, path) =>
    replaced(
      source,
      path,
      ["await import('./devtools.js');", ''],
      ["import.meta.resolve('react-devtools-core');", ''],
      ['await loadPackageJson()', 'packageInfo'],
    ),
];

export function packageRewrites() {
  return rewrites([yoga, yogaBytes, ink]);
}

/** Packages whose loading costs so much that the fast path must do without them (test/e2e/binary.test.ts). */
export const HEAVY = [
  'ink',
  '@polkadot/api',
  '@oclif/core',
  'fastify',
  'execa',
  'systeminformation',
  'ssh2',
  'koffi',
  'zod',
  'react',
  'smoldot',
];

/** Notes the load of each heavy package in a list that `traceBanner` prints at exit. */
export function loadTrace() {
  return {
    name: 'load-trace',
    setup(build) {
      const entries = new Map();
      build.onResolve({ filter: /^[@a-z]/ }, async ({ path, pluginData, ...rest }) => {
        if (pluginData === 'traced' || !HEAVY.includes(path)) return undefined;
        const found = await build.resolve(path, { ...rest, pluginData: 'traced' });
        entries.set(found.path, path);
        return found;
      });
      build.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path }) => {
        const name = entries.get(path);
        if (!name) return undefined;
        const note = `globalThis[Symbol.for('logos.loaded')]?.add(${JSON.stringify(name)});`;
        return { contents: `${note}${readFileSync(path, 'utf8')}`, loader: 'js' };
      });
    },
  };
}

export const traceBanner = `if (process.env.LOGOS_TRACE_MODULES === '1') {
  const loaded = globalThis[Symbol.for('logos.loaded')] = new Set();
  process.on('exit', () => process.stderr.write(JSON.stringify({ loaded: [...loaded] }) + '\\n'));
}`;
