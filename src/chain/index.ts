export {
  type ArtifactServer,
  type ArtifactStore,
  copyArtifact,
  namedArtifacts,
  openArtifacts,
  serveArtifacts,
  storeDamaged,
} from './artifacts/index.ts';
export { builtInSpecVersion } from './builtin.ts';
export { attestationProof } from './client/attestation.ts';
export { type ConnectOptions, connectChain } from './connect.ts';
export type * from './contract-types.ts';
export { type DeployOptions, deployContracts, type ReferendumOptions } from './deploy.ts';
export { type DevChainOptions, type RunningDevChain, startDevChain } from './devchain.ts';
export type { ContractInterfaces } from './generated/contracts.ts';
export type { RuntimePallets } from './generated/runtime.ts';
export { hostAddress, hostKey } from './keys.ts';
export { type LightClient, type LightServer, lightSpec, openLightClient, serveLight } from './light/index.ts';
export type * from './machine-types.ts';
export { builtInMetadata, type ContractMetadata } from './metadata.ts';
export type * from './registry-types.ts';
export { builtInSeed, readSeedFile } from './seed.ts';
export { isSignedBy, signRequest } from './signature.ts';
export { openSpecifications } from './specifications.ts';
export { publicKeyOf } from './ss58.ts';
export { openTransactions, openUpgrade } from './transactions.ts';
export { describePlan } from './tx/describe.ts';
export { readArgument } from './tx/json.ts';
export { planSessionKeys, registerSessionKeys } from './tx/session-keys.ts';
export { openKey } from './tx/signer.ts';
export type * from './types.ts';
export { describeUpgrade } from './upgrade/describe.ts';
export { parseChainUrl } from './url.ts';
export {
  isSilence,
  isUnproven,
  type OpenVerifiedOptions,
  openVerifiedChain,
  type Trust,
  TrustedChain,
  type VerifiedChain,
  type VerifiedHead,
} from './verified/index.ts';
