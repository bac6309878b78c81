import { builtInSpecVersion } from '../builtin.ts';
import type { DevChain } from './chain.ts';
import { builtInCode, CODE_KEY } from './genesis.ts';
import { decodeVersion } from './version.ts';

/** Version of the runtime that a chain runs, and of the one that this program carries. */
export interface RuntimeVersions {
  running: number;
  builtIn: number;
}

/** The two versions: a chain keeps the runtime that it began with, as a native one does, until somebody upgrades it. */
export function runtimeVersions(chain: DevChain): RuntimeVersions {
  return { running: decodeVersion(chain.call('Core_version', '0x')).specVersion, builtIn: builtInSpecVersion() };
}

/** Puts the built-in runtime in place of an older one; its migrations run in the block after. */
export async function upgradeRuntime(chain: DevChain): Promise<void> {
  await chain.overwrite(new Map([[CODE_KEY, builtInCode()]]));
  await chain.build();
}
