export { makeTunnelKey, tunnelKeySchema, tunnelPublicKey } from './keys.ts';
export { SPOKE_BRIDGE, type Spoke, spokeConfig, spokeUnit } from './spoke.ts';
