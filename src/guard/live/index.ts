export { artifactsCheck } from './artifacts.ts';
export { type DomainsOptions, domainsCheck, GUEST_SIZES, type LiveDomain } from './domains.ts';
export { lsmCheck } from './lsm.ts';
export { nftCheck } from './nft.ts';
export { type GuardedProcess, processesCheck } from './processes.ts';
export { type Setting, settingsCheck } from './settings.ts';
export { unitsCheck } from './units.ts';
export { isSlight, watchedCheck } from './watched.ts';
