/** What a machine needs to be a storage node. */

export { storageFacts } from './facts.ts';
export { judgeStorage, type StorageVerdict } from './judge.ts';
