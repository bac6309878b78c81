import type { AccountId } from '../../chain/index.ts';
import {
  type Claim,
  cpuStanding,
  diskStanding,
  type Plot,
  type ProofRules,
  type RoundResult,
  type Standing,
  type Standings,
} from '../../host/index.ts';
import type { Link } from './link.ts';

/** Rounds that are kept of a machine. */
const KEPT = 256;

/** What a region knows of a machine that it asks for proofs. */
export class Examined {
  readonly account: AccountId;
  readonly claim: Claim;
  link: Link | undefined;
  address = '';
  diskMiB = 0;
  /** The plot that it was last asked to fill its disk with. */
  plot: Plot | undefined;
  rounds: RoundResult[] = [];
  count = 0;
  /** Mround/s of its best round with nobody else asked behind its address. */
  alone = 0;
  joint: Standing = { state: 'open', why: 'never asked together' };
  /** The class that was told of last. */
  told: string | undefined;

  constructor(account: AccountId, claim: Claim) {
    this.account = account;
    this.claim = claim;
  }

  keep(result: RoundResult): void {
    this.rounds = [...this.rounds, result].slice(-KEPT);
  }

  standings({ rounds }: ProofRules): Standings {
    return { cpu: cpuStanding(this.rounds, rounds), disk: diskStanding(this.rounds, rounds), joint: this.joint };
  }
}
