import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

/**
 * Writes V8's code cache of a script: `node code-cache.mjs SCRIPT CACHE`, on the very Node that the binary embeds.
 * The script is run once up to its exports, so that the functions which every start needs are in it compiled.
 */
const [source, cache] = process.argv.slice(2);
const script = new Script(readFileSync(source, 'latin1'), { filename: 'logos' });
const main = { exports: {} };
script.runInThisContext()(main.exports, createRequire(import.meta.url), main, process.execPath, '/');
await main.exports.loadConfig();
writeFileSync(cache, script.createCachedData());
