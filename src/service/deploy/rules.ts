import type { VerifiedChain } from '../../chain/index.ts';
import { openArtifacts, readSeedFile } from '../../chain/index.ts';
import {
  type CheckRules,
  type LibrarySet,
  loadGatekeeper,
  parseDvciRules,
  parseGatekeeperDefinition,
} from '../../gatekeeper/index.ts';
import type { Home } from '../../system/home.ts';
import { openPinned } from '../chain-trust.ts';
import { readConfig } from '../config.ts';
import { loadHostRecord } from '../host-record.ts';
import { chainLibraries } from '../libraries.ts';
import { readChain } from '../read-chain.ts';
import { builtInLibraries } from '../request.ts';
import { chainRules } from '../validators.ts';

/** By which rules a deployment is looked at, and the chain that they are of. */
export interface DeployRules {
  readonly libraries: LibrarySet;
  /** Operations that hosts let through. */
  readonly accepted: readonly string[];
  readonly dvci: CheckRules['dvci'];
  readonly from: 'chain' | 'built-in';
}

/**
 * The chain to compare with, read with proof: the one of `url`, else the one that this host joined; `undefined` when it joined
 * none. Close it in the end. Throws as `openVerifiedChain` does.
 */
export async function openDeployChain(home: Home, url?: string): Promise<VerifiedChain | undefined> {
  if (url !== undefined) return readChain(home, { url, trust: (await readConfig(home)).trust });
  const record = await loadHostRecord(home).catch(() => undefined);
  return record === undefined ? undefined : openPinned(home, record.chain);
}

/** The rules that a chain has, or those that ship with this program. */
export async function deployRules(home: Home, chain?: VerifiedChain): Promise<DeployRules> {
  const deployed = await loadGatekeeper(home);
  const definition = deployed?.definition ?? parseGatekeeperDefinition(readSeedFile('network/client-gatekeeper.json'));
  const accepted = definition.operations.commands;
  if (chain === undefined) {
    const dvci = parseDvciRules(readSeedFile('network/dvci-rules.json'));
    return { libraries: builtInLibraries(), accepted, dvci, from: 'built-in' };
  }
  const { artifactMirrors } = await readConfig(home);
  const artifacts = openArtifacts(home.artifacts, { mirrors: artifactMirrors });
  const source = { configuration: (section: string) => chain.section(section) };
  const libraries = await chainLibraries(source, artifacts)();
  const dvci = await chainRules(source, artifacts, 'dvci-rules', parseDvciRules)();
  return { libraries, accepted, dvci, from: 'chain' };
}
