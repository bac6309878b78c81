export { type BootProbe, type BootProbeOptions, bootProbe } from './boot-probe.ts';
export { type Collected, type CollectOptions, collectDvms } from './collect.ts';
export { connectLibvirt, connectSocket } from './connect.ts';
export { interactiveConsole, pipedConsole } from './console-session.ts';
export type { DvmDefinition } from './definitions.ts';
export { describeDefinition, liveDomains } from './domain-definition.ts';
export { type ComputePath, checkDvmName, type DvmSpec } from './domain-xml.ts';
export { type Dvm, listDvms, openConsole, pauseAllDvms, type StopOptions, stopAllDvms, stopDvm } from './dvm.ts';
export { type DvmHost, dvmHost, dvmLocks, withDvm } from './dvm-host.ts';
export { type Evacuated, evacuateHere } from './evacuate.ts';
export { hostId, rootOf } from './host-id.ts';
export { COPY_MIB } from './image/copy-program.ts';
export { LOAD_DEVICES, READY_LINE } from './image/init.ts';
export { measuringPrograms } from './image/measuring-programs.ts';
export { type GuestImage, prepareGuestImage } from './image/prepare.ts';
export { type KvmProbe, type ProbeOptions, probeKvm } from './kvm/probe.ts';
export { rawKvmProbe } from './kvm/raw.ts';
export type * from './libvirt.ts';
export {
  checkNewDvm,
  createDvm,
  haltAllDvms,
  haltDvm,
  listHostDvms,
  type NewDvm,
  removeDvm,
  resumeDvm,
  startAgain,
  suspendDvm,
} from './lifecycle.ts';
export { type Migrated, type MigrateOptions, migrateDvm } from './migrate.ts';
export { directoryLink, type MigrationLink } from './migration-relay.ts';
export { type LibvirtdPlan, planLibvirtd, systemKvmAccess } from './plan.ts';
export { becomeLibvirtd } from './private/enter.ts';
export { certify } from './remote/certify.ts';
export { type Listener, listenTls } from './remote/listen.ts';
export { openRemoteHost, type RemoteHost } from './remote/open.ts';
export { type Served, serveRemote } from './remote/serve.ts';
export { transportTo } from './remote/transports.ts';
export { isRemoteUri, PKI_DIRECTORY, parseRemoteUri, TLS_PORT } from './remote/uri.ts';
export { type Resize, resizeDvm } from './resize.ts';
export { LibvirtError } from './rpc/errors.ts';
export { deleteSnapshot, listSnapshots, revertDvm, takeSnapshot } from './snapshots.ts';
export { type StartedDvm, type StartOptions, startDvm } from './start-dvm.ts';
export { stopProcesses } from './stop-processes.ts';
export { type DvmTemplate, parseDvmTemplates } from './template.ts';
export { type TemporaryLibvirtd, withTemporaryLibvirtd } from './temporary-libvirtd.ts';
export { hypervisorUndoers } from './undo.ts';
export { withLibvirt } from './with-libvirt.ts';
