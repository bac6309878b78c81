export { type AddedServer, withServer } from './add-server.ts';
export { backupRegion } from './backup/backup.ts';
export { type OpenBackup, openBackup, refuseOtherBackup, restoreRegion } from './backup/restore.ts';
export { isSealed as isSealedBackup } from './backup/seal.ts';
export { type BootstrapResult, bootstrap, type PhaseOutcome } from './bootstrap.ts';
export { composeDefinition, parseServer } from './compose.ts';
export { parseDefinition, type RegionDefinition, type RegionServer } from './definition.ts';
export { LEAST_SERVERS } from './definition-rules.ts';
export { type FailoverResult, failover } from './failover.ts';
export { regionPaths } from './files.ts';
export { knownHostsText } from './inventory.ts';
export type { ClassCapacity } from './live/capacity.ts';
export { CLOUD_SCRIPT } from './live/cloud.ts';
export { type Drift, findDrift } from './live/drift.ts';
export { lookAtRegion, type RegionLook } from './live/look.ts';
export { regionText } from './live/text.ts';
export { DEFAULT_PLACEMENT, failureTable, type Survival } from './placement.ts';
export { describePlan, type PlannedPhase } from './plan.ts';
export { type Manifest, manifestOf } from './platform.ts';
export {
  acceptAnswer,
  addProvider,
  departMachine,
  enableProvider,
  listProviders,
  parseAnswer,
  parseRequest,
  removeProvider,
  requestOf,
} from './providers/index.ts';
export { packRecord, recordFiles, recordTarget, refuseOther } from './record.ts';
export { type ResetResult, resetRegion } from './reset.ts';
export type { RunState } from './run-state.ts';
export { type RegionOptions, regionState } from './session.ts';
