export { followStatus, type Order, sendOrder } from './api/client.ts';
export type { LocalApiOptions, Orders } from './api/local-api.ts';
export { serveLocalApi } from './api/serve.ts';
export type { BootStart } from './boot/boot-start.ts';
export { compareHostPaths } from './compare-paths.ts';
export * from './config.ts';
export type { ServiceDefinition, ServiceName, UnitDirectives } from './definitions.ts';
export { SERVICE_NAMES } from './definitions.ts';
export {
  applyDeployments,
  decideDeployment,
  deployStatus,
  deployStatusText,
  openDeployChain,
  planDeployment,
  planText,
  proposeDeployment,
} from './deploy/index.ts';
export * from './event-log.ts';
export { readStatus } from './fast-status.ts';
export { followEvents } from './follow-events.ts';
export * from './home-directory.ts';
export { instanceName } from './instance.ts';
export { explainClass } from './keep-class.ts';
export { lockOut } from './lock-out.ts';
export type { ServiceManager, ServiceManagerOptions, ServiceState } from './manager.ts';
export { serviceManager } from './manager.ts';
export * from './node/index.ts';
export { openServiceManager, serviceNameOf } from './open-manager.ts';
export { examinedText, examineRegion, proveToRegion } from './proofs/index.ts';
export { checkStorageRole } from './provide-storage.ts';
export { readChain } from './read-chain.ts';
export { isServing, serviceRunning } from './refuse-serving.ts';
export {
  keepRecord,
  type LocalRegion,
  openRegion,
  prepareRegions,
  proposeRegion,
  type RegionWatch,
  readDefinition,
  refuseUnnamed,
  regionsDirectory,
  type Standing,
  watchRegion,
} from './region/index.ts';
export { checkOrders, regionOversight } from './region-oversight.ts';
export { builtInLibraries, commandLog, judgeCommand, operationState, replayRequest, sendCommand } from './request.ts';
export { installShims, removeShims, shimDirectory } from './shims.ts';
export { saveSla } from './sla.ts';
export * from './state.ts';
export type * from './status-document.ts';
export { statusText } from './status-text.ts';
export { stopProviding } from './stop.ts';
export { runSupervisor } from './supervisor/supervisor.ts';
export { watchSupervisor } from './supervisor/watch.ts';
export { removeServices, serviceUndoers } from './undoers.ts';
