export { type AccessContext, type AccessValidator, type AdmittedRequest, accessValidator } from './access.ts';
export { type Compliance, judgeCompliance } from './compliance.ts';
export { bootstrapDefinition, type GatekeeperDefinition, parseGatekeeperDefinition } from './definition.ts';
export {
  type AdmissionProof,
  type DeployedGatekeeper,
  deployGatekeeper,
  loadGatekeeper,
  proveAdmission,
} from './deployment.ts';
export {
  type CheckRules,
  type Closure,
  type ClosureDifference,
  checkClosure,
  compareClosures,
  type DeploymentPass,
  type DeploymentRecord,
  type DeploymentRecords,
  deploymentValidator,
  describeFinding,
  type Finding,
  fetchClosure,
  findingsOf,
  type HostDeploymentOptions,
  hostDeployments,
  openClosure,
  openDeploymentRecords,
  type PassOptions,
  packClosure,
  refuseFindings,
  refuseProposal,
  refuseVersion,
} from './deployments/index.ts';
export { describeDefinition, describeRequests, describeTrace } from './describe.ts';
export type { DesiredDvm } from './desired.ts';
export { type ArchivedFile as PackedFile, DocumentFault, parseStrictYaml } from './documents/index.ts';
export {
  type ClientGatekeeper,
  type ClientGatekeeperOptions,
  createClientGatekeeper,
  type GatekeeperCounters,
} from './gatekeeper.ts';
export { fetchDefinition, type Joined, type JoinOptions, joinRegion } from './join.ts';
export { describeKnowledge, type Knowledge, openKnowledge, readKnowledge } from './knowledge/index.ts';
export { type Library, type LibrarySet, librarySet, parseLibrary } from './library/index.ts';
export type { GatekeeperEvent, GatekeeperLog } from './log.ts';
export { type CarryOutOptions, carryOut } from './native/carry-out.ts';
export { type CommandStore, openCommandStore } from './native/command-store.ts';
export { filesNamed } from './native/files.ts';
export type { CommandFiles } from './native/gather.ts';
export { type CommandInput, intake } from './native/intake.ts';
export { type JudgeOptions, judge, type Verdict } from './native/judge.ts';
export { findProgram } from './native/program.ts';
export { type RunLog, runLog } from './native/run-log.ts';
export type { HostEffects, OperationStep } from './operation-runner.ts';
export type { OperationsReport } from './operations-pass.ts';
export {
  carryOutOversight,
  describeOversight,
  describeRuling,
  type Evacuated,
  evacuate,
  type Integrity,
  keepHeartbeats,
  keepPlaces,
  type OverseenChain,
  type Oversight,
  oversee,
  type Sizes,
  type Told,
  type Watched,
} from './oversight/index.ts';
export type { Prerequisites } from './prerequisites.ts';
export type { Outcome, Receipt, Stage } from './receipt.ts';
export { compare, type Replay, replayable } from './replay.ts';
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
export { type Sandbox, sandboxedTools, type ToolOutcome, type ToolRun, type ToolRunner } from './sandbox/index.ts';
export { type GatekeeperStore, openGatekeeperStore, readRequests } from './store.ts';
export { type Trace, traceOf } from './trace.ts';
export { readTrail } from './trail.ts';
export { type ContractCall, translate } from './translator.ts';
export {
  type Asked,
  type Domain,
  type DomainValidator,
  type ValidatedRequest,
  type Validators,
  validate,
} from './validate.ts';
export { dvciValidator } from './validators/dvci.ts';
export { parseDvciRules } from './validators/dvci-rules.ts';
export { w3biValidator } from './validators/w3bi.ts';
export { parseW3biRules } from './validators/w3bi-rules.ts';
