export { type LocalRegion, openRegion, readDefinition, refuseUnnamed, regionsDirectory } from './open.ts';
export { keepRecord, proposeRegion } from './propose.ts';
