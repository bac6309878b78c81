import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { labNetworkLacks } from './network.ts';

/** Where a tool is that tools/go builds from its makers' modules, or `undefined` where it was not built. */
export function builtTool(name: 'cobra-oracle' | 'kubeadm' | 'kubelet' | 'tofu'): string | undefined {
  const script = join(import.meta.dirname, '../tools/go/build.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, '--find', name], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** What this machine lacks to run native tools on hosts of the lab, in words for `ctx.skip`, or `undefined`. */
export function nativeToolsLack({
  built = [],
  installed = [],
}: {
  built?: readonly Parameters<typeof builtTool>[0][];
  installed?: readonly string[];
}): string | undefined {
  const network = labNetworkLacks();
  if (network !== undefined) return network;
  const missing = ['/usr/bin/bwrap', ...installed].find((file) => !existsSync(file));
  if (missing !== undefined) return `needs ${missing}`;
  const unbuilt = built.find((name) => builtTool(name) === undefined);
  return unbuilt === undefined ? undefined : `needs ${unbuilt}: node tools/go/build.mjs`;
}
