// `npm run build:chain`: runtime, chain specifications and contracts from their sources into the artefacts' folders, and the
// types that are generated from them.

import { join } from 'node:path';
import { run } from './toolchain.mjs';

for (const script of ['build-runtime.mjs', 'build-contracts.mjs', 'generate-types.mjs']) {
  await run(process.execPath, [join(import.meta.dirname, script)]);
}
