export { type AccessContext, type AccessValidator, type AdmittedRequest, accessValidator } from './access.ts';
export { bootstrapDefinition, type GatekeeperDefinition, parseGatekeeperDefinition } from './definition.ts';
export {
  type AdmissionProof,
  type DeployedGatekeeper,
  deployGatekeeper,
  loadGatekeeper,
  proveAdmission,
} from './deployment.ts';
export { describeDefinition, describeRequests } from './describe.ts';
export type { DesiredDvm } from './desired.ts';
export {
  type ClientGatekeeper,
  type ClientGatekeeperOptions,
  createClientGatekeeper,
  type GatekeeperCounters,
} from './gatekeeper.ts';
export { fetchDefinition, type Joined, type JoinOptions, joinRegion } from './join.ts';
export { type Library, type LibrarySet, librarySet, parseLibrary } from './library/index.ts';
export type { GatekeeperEvent, GatekeeperLog } from './log.ts';
export { type CarryOutOptions, carryOut } from './native/carry-out.ts';
export { filesNamed } from './native/files.ts';
export type { CommandFiles } from './native/gather.ts';
export { type CommandInput, intake } from './native/intake.ts';
export { judge, type Verdict } from './native/judge.ts';
export { findProgram, runProgram } from './native/program.ts';
export type { HostEffects, OperationStep } from './operation-runner.ts';
export type { OperationsReport } from './operations-pass.ts';
export type { Outcome, Receipt, Stage } from './receipt.ts';
export {
  type NativeRequest,
  nativeRequest,
  type Origin,
  REQUEST_KINDS,
  type RequestInput,
  type RequestKind,
  type Scope,
} from './request.ts';
export type { RequestRecord, Totals } from './request-log.ts';
export { type GatekeeperStore, openGatekeeperStore, readRequests } from './store.ts';
export { type ContractCall, translate } from './translator.ts';
