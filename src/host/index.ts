/** What this machine is: checks, inventory, benchmark, resource class, path, the owner's limits. */

export type { Figure } from './benchmark/figure.ts';
export { type Benchmark, type BenchmarkOptions, runBenchmark } from './benchmark/run.ts';
export { applyFixes, planFixes } from './checks/fix.ts';
export { requireChecks, runChecks } from './checks/run.ts';
export { freeMiBAt } from './checks/system.ts';
export type { Check, CheckContext, Fix, Severity } from './checks/types.ts';
export type { AvailabilityFacts } from './classes/availability.ts';
export { type ClassifyOptions, type ClassVerdict, classify, classOn } from './classes/classify.ts';
export { type ClassReport, reportClass } from './classes/report.ts';
export { type ProvidePath, parseResourceClasses, type ResourceClasses } from './classes/schema.ts';
export { probeGpu } from './gpu/probe.ts';
export type { GpuDevice, GpuProbe } from './gpu/types.ts';
export { inventoryDigest } from './inventory/digest.ts';
export { takeInventory } from './inventory/take.ts';
export type { Inventory } from './inventory/types.ts';
export { type LendingConfig, type OwnerLimits, ownerLimits } from './limits.ts';
export { requiredPackages } from './packages/required.ts';
export { decidePath, USABLE_KVM_RATE } from './path/decide.ts';
export { BOOT_DEADLINES, findPath, type PathDependencies, requirePath } from './path/find.ts';
export type { BootProbe, KvmProbe, PathDecision, PathProbes, PathVerdict, ProbeName } from './path/types.ts';
export { comparePaths, type Effort, type PathComparison, USUAL_EFFORT } from './paths/compare.ts';
export { reportHtml } from './paths/report/html.ts';
export { reportLines } from './paths/report/text.ts';
export * from './proofs/index.ts';
export * from './sla/index.ts';
export * from './storage/index.ts';
export { type HostUndoOptions, hostUndoers } from './undo.ts';
