import type { AppliedState } from './applied.ts';
import type { Stage } from './brand.ts';
import type { Controller, Group, Unsupported } from './cgroup.ts';
import type { ControlStep, OneWayStep } from './controls/types.ts';
import type { NftDocument } from './firewall-json.ts';
import type { TableListing } from './nft.ts';
import type { HostPaths } from './paths.ts';

/** For people: what changes, from what to what, and why. */
export interface Summary {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** One thing that a run will do. Plain data, complete: applying it needs no further decision. */
export type PlannedChange = Summary &
  (
    | { readonly kind: 'cgroup-controllers'; readonly path: string; readonly enable: readonly Controller[] }
    | {
        readonly kind: 'cgroup';
        readonly group: Group;
        /** Its values now, by file; `null` when there is no such group. */
        readonly before: Readonly<Record<string, string>> | null;
      }
    | {
        readonly kind: 'slice';
        readonly name: string;
        readonly path: string;
        readonly content: string;
        readonly before: string | null;
      }
    | {
        readonly kind: 'sysctl';
        readonly name: string;
        readonly path: string;
        readonly value: string;
        readonly before: string;
      }
    | {
        readonly kind: 'firewall';
        readonly table: string;
        readonly document: NftDocument;
        readonly before: TableListing | null;
      }
    /** A step of a control (controls/registry.ts). */
    | { readonly kind: 'control'; readonly control: string; readonly step: ControlStep }
    /** What an earlier policy changed and this one does not ask for goes back to what the host had. */
    | { readonly kind: 'revert'; readonly id: string }
  );

/** Why the plan can't be applied: known beforehand, so nothing is changed. */
export interface Blocker {
  readonly code: string;
  readonly message: string;
  readonly nextSteps: readonly string[];
  readonly exitCode: 1 | 3 | 4;
}

/** What will hold once the plan is applied; the firewall's listing is known only then. */
export type TargetState = Omit<AppliedState, 'firewall'> & {
  readonly firewall?: { table: string; definition: string };
};

export type HardeningPlan = Stage<
  {
    readonly changes: readonly PlannedChange[];
    readonly blockers: readonly Blocker[];
    readonly unsupported: readonly Unsupported[];
    /** What nothing could take back before the next boot, and the owner did not agree to: named, and not done. */
    readonly oneWay: readonly OneWayStep[];
    readonly target: TargetState;
    readonly paths: HostPaths;
  },
  'plan'
>;
