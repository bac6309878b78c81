import type { Challenge } from './messages.ts';

/** What a machine claims and lends: a region may ask for no more. */
export interface Offer {
  readonly threads: number;
  readonly diskMiB: number;
}

/** Why a machine does not do what it is asked, as a clause; `undefined` when it is within what it offers. */
export function beyondOffer(challenge: Challenge, { threads, diskMiB }: Offer): string | undefined {
  if (challenge.kind === 'cpu' && challenge.lanes > threads) {
    return `${challenge.lanes} threads were asked for, and ${threads} are claimed`;
  }
  if (challenge.kind !== 'plot') return undefined;
  const { units, unitKiB } = challenge.plot;
  if (units * unitKiB <= diskMiB * 1024) return undefined;
  return `${Math.ceil((units * unitKiB) / 1024)} MiB of disk were asked for, and ${diskMiB} are offered`;
}
