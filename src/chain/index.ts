export { type ArtifactStore, openArtifacts } from './artifacts.ts';
export { type ConnectOptions, connectChain } from './connect.ts';
export { type DevChainOptions, type RunningDevChain, startDevChain } from './devchain.ts';
export { hostAddress, hostKey } from './keys.ts';
export type * from './types.ts';
export { parseChainUrl } from './url.ts';
