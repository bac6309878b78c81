import { filesUnder } from '../lib/hash.mjs';

/** Native addons, by the specifier that asks for them; the binary loads them through src/system/addon.ts. */
export const ADDONS = {
  '@koromix/koffi-linux-x64': 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node',
};

/**
 * What the binary carries beside code, by path in the repository: the same name that `asset()` (src/system/assets.ts)
 * takes. A new file in one of these folders is embedded by itself.
 */
export function assetNames() {
  return [
    ...filesUnder(['chain/artifacts', 'chain/seed']),
    ...filesUnder(['contracts/artifacts'], (path) => path.endsWith('.contract') || path.endsWith('.json')),
    ...filesUnder(['libraries']),
    ...filesUnder(['iac/ansible'], (path) => !path.includes('__pycache__')),
    ...Object.values(ADDONS),
  ];
}
