import { join } from 'node:path';
import {
  artifactsCheck,
  domainsCheck,
  type GuardCheck,
  lsmCheck,
  nftCheck,
  processesCheck,
  type Setting,
  settingsCheck,
  unitsCheck,
  watchedCheck,
} from '../../guard/index.ts';
import {
  type AppliedPlan,
  instanceName,
  limitHolds,
  listingDigest,
  meets,
  readApplied,
  readNft,
  shownValue,
  verifyPlan,
} from '../../hardening/index.ts';
import { localExec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { lastingFiles, unitNames } from './guarded-files.ts';
import { guestWatch } from './guest-watch.ts';
import { isWritableHere } from './host-mounts.ts';
import { ownProcesses } from './processes.ts';
import type { Wanted } from './wanted.ts';

export interface LiveChecksOptions {
  readonly home: Home;
  /** What the chain was last proven to want, once it was. */
  wanted(): Wanted | undefined;
}

/** All of the policy, the parts that have no quicker check included. */
const POLICY_EVERY_MS = 60_000;

/** Profiles of ours and of guests (`libvirt-UUID`): those of the distribution change with its packages. */
const PROFILES = ['logos', 'libvirt-'];

/** What NGd looks at beside files: the state that the kernel, libvirt and the processes are in. */
export function liveChecks({ home, wanted }: LiveChecksOptions): GuardCheck[] {
  const table = instanceName(home.root);
  const processes = ownProcesses({ home, exec: localExec });
  const applied = cached(() => readApplied(home));
  return [
    settingsCheck('kernel settings', async () => sysctls(await applied(), wanted())),
    settingsCheck('limits', async () => limits(await applied())),
    nftCheck({ table, digests: async () => firewall(table, await readApplied(home), wanted()) }),
    watchedCheck(async () => lastingFiles(home)),
    processesCheck(processes),
    unitsCheck(() => unitNames(home)),
    domainsCheck({ ...guestWatch(home), allowed: () => wanted()?.templates }),
    lsmCheck(PROFILES),
    artifactsCheck(home.artifacts, () => wanted()?.artifacts ?? []),
    { name: 'host policy', everyMs: POLICY_EVERY_MS, run: () => policyDeviations(home) },
  ];
}

/** What was applied, and what the chain wants where this host can do it at all: the record is the gatekeeper's word. */
async function sysctls(applied: AppliedPlan | undefined, wanted: Wanted | undefined): Promise<Setting[]> {
  const byPath = new Map((applied?.sysctls ?? []).map((rule) => [rule.path, rule] as const));
  const further = isCurrent(applied, wanted) ? (wanted?.sysctls ?? []).filter(({ path }) => !byPath.has(path)) : [];
  const possible = await Promise.all(further.map(({ path }) => isWritableHere(path)));
  return [...byPath.values(), ...further.filter((_, index) => possible[index])].map((rule) => ({
    target: rule.name,
    path: rule.path,
    expected: rule.value,
    holds: (found) => meets(rule, found),
  }));
}

function limits(applied: AppliedPlan | undefined): Setting[] {
  const absent = new Set(applied?.unsupported.map(({ feature }) => feature));
  return (applied?.groups ?? []).flatMap(({ directory, settings }) =>
    settings
      .filter(({ file }) => !absent.has(`cgroup:${file}`))
      .map(({ file, value }) => {
        const path = join(directory, file);
        return {
          ...{ target: path, path, expected: value },
          shown: (text: string) => shownValue(file, text),
          // Less CPU than is lent is the owner's right.
          holds: (found: string) => limitHolds(file, value, found),
        };
      }),
  );
}

/**
 * What the kernel should list is worked out from the chain where that could be done of the very firewall that was applied here,
 * else it is the record's word: another firewall on chain is told of, and has its time.
 */
export function expectedListing(applied: AppliedPlan | undefined, wanted: Wanted | undefined): string | undefined {
  const isSame = wanted?.firewall !== undefined && wanted.firewall.definition === applied?.firewall?.definition;
  const proven = isSame && isCurrent(applied, wanted) ? wanted?.firewall?.listing : undefined;
  const isPossible = applied?.unsupported.every(({ feature }) => feature !== 'firewall') ?? true;
  return (isPossible ? proven : undefined) ?? applied?.firewall?.listing;
}

async function firewall(table: string, applied: AppliedPlan | undefined, wanted: Wanted | undefined) {
  const expected = expectedListing(applied, wanted);
  if (expected === undefined) return undefined;
  const nft = await readNft(localExec, table);
  if (nft.state !== 'ready') throw new Error(nft.reason);
  return { table, expected, found: nft.table && listingDigest(nft.table) };
}

/** Whether what was worked out is of the policy that this host says it applied; where not, another check says so in time. */
function isCurrent(applied: AppliedPlan | undefined, wanted: Wanted | undefined): boolean {
  return applied !== undefined && wanted?.policy === applied.policy;
}

async function policyDeviations(home: Home) {
  const applied = await readApplied(home);
  if (!applied) return [{ target: 'host policy', expected: 'applied', found: 'no record of it' }];
  const deviations = await verifyPlan(applied, { exec: localExec });
  return deviations.map(({ target, expected, actual }) => ({ target, expected, found: actual }));
}

/** The record is a file of the manifest: read again a few times a minute, and at once after a change of it is seen. */
const RECORD_MS = 10_000;

function cached<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; value: T } | undefined;
  return async () => {
    const now = performance.now();
    if (last === undefined || now - last.at > RECORD_MS) last = { at: now, value: await read() };
    return last.value;
  };
}
