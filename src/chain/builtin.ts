import { z } from 'zod';
import { assetText } from '../system/assets.ts';

const manifest = z.object({ runtime: z.object({ specVersion: z.number().int() }) });

/** `spec_version` of the runtime that this program carries (chain/artifacts/manifest.json). */
export function builtInSpecVersion(): number {
  return manifest.parse(JSON.parse(assetText('chain/artifacts/manifest.json'))).runtime.specVersion;
}
