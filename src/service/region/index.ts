export {
  type LocalRegion,
  openRegion,
  prepareRegions,
  readDefinition,
  refuseUnnamed,
  regionsDirectory,
} from './open.ts';
export { keepRecord, proposeRegion } from './propose.ts';
export { type RegionWatch, type Standing, watchRegion } from './watch.ts';
