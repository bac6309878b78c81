import type { DvmDefinition } from './definitions.ts';
import type { Look } from './settle-migration.ts';

/** All that is known of one name on a host. */
export interface Found {
  readonly definition?: DvmDefinition;
  /** A domain of ours of that name, whatever its UUID. */
  readonly look?: Look;
  /** The journal says that a domain of this name was started here. */
  readonly journalled: boolean;
  /** Whom the shared storage says it belongs to; undefined where there is none, or no claim. */
  readonly claimant?: string;
  /** This host. */
  readonly host: string;
}

/**
 * What is to be done with it: leave it (`keep`), start it, end and start it anew (`restart`), let it go on (`resume`) or stand still
 * (`suspend`), find out where its migration left it (`settle`), end what nobody wants (`end`), or what was to be stopped (`stop`), finish its removal (`remove`),
 * give it up because another host has it (`yield`).
 */
export type Step = 'keep' | 'start' | 'restart' | 'resume' | 'suspend' | 'settle' | 'end' | 'stop' | 'remove' | 'yield';

/** One step that brings what is there to what was wanted. Told again after it was done, it is `keep` or `start`. */
export function decideStep({ definition, look, journalled, claimant, host }: Found): Step {
  if (definition === undefined) {
    // What the chain started has no definition here, and is the gatekeeper's; its journal entry says that it is meant.
    return journalled && look && isActive(look) ? 'keep' : 'end';
  }
  // While it moves, the claim is still the source's, or the destination's already; a third host has taken it over.
  if (claimant !== undefined && claimant !== host && claimant !== definition.moving?.peer) return 'yield';
  if (definition.wanted === 'removed') return 'remove';
  if (definition.moving) return 'settle';
  if (definition.wanted === 'stopped') return look ? 'stop' : 'keep';
  if (!look) return 'start';
  // A start that was cut off, and nobody heard whether it came up; or a domain that took the name.
  if (!definition.up || look.domain.uuid !== definition.uuid || !isActive(look)) return 'restart';
  if (definition.wanted === 'paused') return look.state === 'running' ? 'suspend' : 'keep';
  if (look.state === 'running') return 'keep';
  return look.reason === 'starting' ? 'restart' : 'resume';
}

/** Steps by which a guest may come to run. */
const STARTING: ReadonlySet<Step> = new Set(['start', 'restart', 'resume', 'settle']);

/** What is left of a step for somebody who may have nothing started or let go on. */
export function withoutStarting(step: Step): Step {
  return STARTING.has(step) ? 'keep' : step;
}

function isActive({ state }: Look): boolean {
  return state === 'running' || state === 'paused';
}
