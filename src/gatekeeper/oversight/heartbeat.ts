import type {
  BlockNumber,
  HostSigner,
  LogosChain,
  MachineRecord,
  MachineRegister,
  MachineRules,
} from '../../chain/index.ts';
import type { Clock } from '../../system/clock.ts';
import { toLogosError } from '../../system/errors.ts';
import type { GatekeeperLog } from '../log.ts';
import { describeRuling } from './describe.ts';
import { answerDigest, type Integrity, reportDigest } from './report.ts';

export interface HeartbeatOptions {
  readonly machines: MachineRegister;
  readonly chain: Pick<LogosChain, 'head' | 'onHead' | 'balance'>;
  readonly signer: HostSigner;
  /** Whether the owner committed this machine: the collateral is the owner's to risk. */
  isCommitted(): Promise<boolean>;
  /** What the integrity daemon says now. */
  integrity(): Promise<Integrity>;
  readonly clock: Clock;
  readonly log: GatekeeperLog;
}

/** What the chain said last of this host's machine. */
export interface Watched {
  readonly rules?: MachineRules;
  readonly record?: MachineRecord;
}

/** Planck that stay free beside the collateral, for transactions. */
const FOR_FEES = 1_000_000_000_000n;
const PLANCK_A_TOKEN = 1_000_000_000_000n;
/** How long the chain's next block is waited for before it is looked anyway, milliseconds. */
const QUIET_MS = 60_000;
/** Heartbeats in a term, so that one or two may be lost. */
const PER_TERM = 3;

/**
 * Keeps the chain told that this machine is there, with the digest of what it found of itself, and answers challenges;
 * joins first where the owner committed it and the account can pay the collateral. Works until `signal` is aborted, and never throws: a chain that holds
 * no such rules, or a host without the funds, is told of once.
 */
export async function keepHeartbeats(
  options: HeartbeatOptions,
  signal: AbortSignal,
  onSeen: (watched: Watched) => void = () => {},
): Promise<void> {
  const { chain, clock, machines } = options;
  const say = tellOnce(options.log);
  const bell = headBell(chain);
  try {
    while (!signal.aborted) {
      let next: BlockNumber | undefined;
      try {
        const rules = await machines.rules();
        if (rules === undefined) {
          say('chain-without-oversight', 'This chain keeps no rules for lent machines: no heartbeats are sent.');
          return;
        }
        const { height } = await chain.head();
        onSeen({ rules, record: await tend(options, rules, height, say) });
        next = height + rules.heartbeatGap;
      } catch (thrown) {
        const { code, message } = toLogosError(thrown);
        say(code, `No heartbeat was sent: ${message}`);
      }
      // After a failure no block is a reason to try again sooner.
      await clock.sleep(QUIET_MS, AbortSignal.any([signal, bell.at(next ?? Number.POSITIVE_INFINITY)]));
    }
  } finally {
    bell.stop();
  }
}

/** One look at this machine, and what it asks for: to join, to answer, to be heard of. Gives what the chain had of it. */
export async function tend(
  { machines, chain, signer, integrity, isCommitted }: Omit<HeartbeatOptions, 'clock' | 'log'>,
  rules: MachineRules,
  height: BlockNumber,
  say: Say,
): Promise<MachineRecord | undefined> {
  const account = signer.address;
  const record = await machines.find(account);
  if (record === undefined) {
    if (!(await isCommitted())) {
      say(
        'machine-not-committed',
        "This machine is not committed to the chain's rules: `commit` in config.json does that.",
      );
      return undefined;
    }
    if ((await chain.balance(account)) < rules.collateral + FOR_FEES) {
      const collateral = `${rules.collateral / PLANCK_A_TOKEN} LOGOS`;
      say('collateral-missing', `This machine is no member: its account can't pay the collateral of ${collateral}.`);
      return undefined;
    }
    await machines.join(signer);
    say('machine-joined', "The collateral is paid: this machine is a member, held to the chain's rules.");
    return machines.find(account);
  }
  const { machine, challenge, ruling } = record;
  if (ruling !== undefined) say(`${ruling.decision}-${ruling.at}`, `This machine was ${describeRuling(ruling)}.`);
  if (machine.state === 'excluded' || machine.state === 'leaving') return record;
  if (challenge !== undefined && challenge.answer === undefined && height < challenge.deadline) {
    await machines.respond(signer, answerDigest(account, challenge.seed, await integrity()));
  }
  if (height < machine.seen + pause(machine, rules)) return record;
  await machines.heartbeat(signer, reportDigest(account, await integrity()));
  return machines.find(account);
}

/** Blocks between two heartbeats: a few in each term; of a suspended machine as many as the chain takes. */
function pause({ state }: MachineRecord['machine'], { heartbeatGap, heartbeatTerm }: MachineRules): number {
  return state === 'suspended' ? heartbeatGap : Math.max(heartbeatGap, Math.floor(heartbeatTerm / PER_TERM));
}

/** Rings when the chain has reached a height. */
function headBell(chain: HeartbeatOptions['chain']) {
  let next = Number.POSITIVE_INFINITY;
  let latest = 0;
  let reached = new AbortController();
  const look = (): void => {
    if (latest >= next) reached.abort();
  };
  const stop = chain.onHead(({ height }) => {
    latest = height;
    look();
  });
  return {
    stop,
    at(height: BlockNumber): AbortSignal {
      next = height;
      reached = new AbortController();
      look();
      return reached.signal;
    },
  };
}

type Say = (code: string, message: string) => void;

function tellOnce(log: GatekeeperLog): Say {
  const told = new Set<string>();
  return (code, message) => {
    if (told.has(code)) return;
    told.add(code);
    log({ level: 'info', code, message });
  };
}
