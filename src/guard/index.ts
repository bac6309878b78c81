export type { CheckResults, GuardCheck } from './checks.ts';
export { describeVerdict } from './describe.ts';
export { type GuardOptions, guardLook, readVerdict, runGuard, verdictPath } from './guard.ts';
export * from './live/index.ts';
export {
  buildManifest,
  type LoadedManifest,
  loadManifest,
  type Manifest,
  type ManifestEntry,
  manifestDigest,
  manifestPath,
  renewEntry,
  saveManifest,
  type Target,
} from './manifest.ts';
export type { Deviation, Unchecked, Verdict } from './verdict.ts';
export { type VerifyOptions, verify } from './verify.ts';
