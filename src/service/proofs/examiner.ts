import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type AccountId, isSignedBy } from '../../chain/index.ts';
import { type Claim, readClaim, untilNextRound } from '../../host/index.ts';
import { type Clock, systemClock } from '../../system/clock.ts';
import { toLogosError } from '../../system/errors.ts';
import { Examined } from './examined.ts';
import { Link } from './link.ts';
import { askOne, askTogether, type ExaminerChain, type Reported } from './rounds.ts';
import { helloText, LONGEST_LINE, messages, saidSchema, send } from './wire.ts';

export interface ExaminerOptions {
  chain: ExaminerChain;
  /** Where machines come to. */
  host: string;
  port: number;
  report(event: Reported): void;
  signal: AbortSignal;
  clock?: Clock;
  /** 0 to 1; must be unknown to the machines. */
  random?: () => number;
}

/** After a failure of the chain. */
const RETRY_MS = 5_000;
/** Whoever has not shown who it is gets this long, milliseconds, and lines of this many bytes. */
const HELLO_MS = 10_000;
const HELLO_LINE = 2 ** 20;

/**
 * Asks the machines of a region for proofs, at times that nobody knows, and says what came of it. Works until `signal` is
 * aborted. Gives the port. Throws when it can't listen.
 */
export async function startExaminer(options: ExaminerOptions): Promise<{ port: number; closed: Promise<void> }> {
  const { signal } = options;
  const groups = new Groups(options);
  const server = createServer((socket) => void admit(socket, options, groups));
  const port = await listening(server, options);
  const closed = new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        groups.close();
        server.close(() => resolve());
      },
      { once: true },
    );
  });
  return { port, closed };
}

/** Takes a machine in whose account signed for the claim that it joined with. */
async function admit(
  socket: Socket,
  { chain, report, clock = systemClock, signal }: ExaminerOptions,
  groups: Groups,
): Promise<void> {
  const nonce = randomBytes(16).toString('hex');
  let longest = HELLO_LINE;
  const incoming = messages(socket, saidSchema, () => longest);
  const heard = new AbortController();
  void clock.sleep(HELLO_MS, AbortSignal.any([signal, heard.signal])).then(() => {
    if (!heard.signal.aborted) socket.destroy();
  });
  try {
    socket.setNoDelay(true);
    send(socket, { type: 'nonce', nonce });
    const { value: hello } = await incoming.next();
    heard.abort();
    if (hello?.type !== 'hello') return;
    const { account, signature, diskMiB } = hello;
    const claim = readClaim(hello.claim);
    const why = claim === undefined ? 'it is none' : await refusal(chain, account, claim, nonce, diskMiB, signature);
    if (claim === undefined || why !== undefined) {
      report({ event: 'refused', account, why: why ?? 'it is none' });
      send(socket, { type: 'refused', why: why ?? 'it is none' });
      return;
    }
    longest = LONGEST_LINE;
    const link = new Link(socket);
    groups.add(socket.remoteAddress ?? '', { account, claim, diskMiB, link });
    try {
      for await (const message of incoming) if (message.type === 'answer') link.answered(message.id, message.answer);
    } finally {
      // Also where the connection broke: nobody waits for what can't come.
      link.end();
      groups.remove(account, link);
    }
  } catch (thrown) {
    send(socket, { type: 'refused', why: toLogosError(thrown).message });
  } finally {
    heard.abort();
    socket.end();
  }
}

async function refusal(
  chain: ExaminerChain,
  account: AccountId,
  claim: Claim,
  nonce: string,
  diskMiB: number,
  signature: string,
): Promise<string | undefined> {
  if (!(await isSignedBy(account, helloText(nonce, claim.digest, diskMiB), signature)))
    return 'its account did not sign it';
  const member = await chain.admitted(account);
  if (member === undefined) return 'the chain has not admitted it';
  return member.inventory === claim.digest ? undefined : 'it is not what the machine joined with';
}

interface Newcomer {
  account: AccountId;
  claim: Claim;
  diskMiB: number;
  link: Link;
}

/** Machines by the address that they come from; what was seen of one stays while it is away. */
class Groups {
  readonly #options: ExaminerOptions;
  readonly #known = new Map<AccountId, Examined>();
  readonly #asking = new Set<string>();
  readonly #joint = new Map<string, Parameters<typeof askTogether>[2]>();

  constructor(options: ExaminerOptions) {
    this.#options = options;
  }

  add(address: string, { account, claim, diskMiB, link }: Newcomer): void {
    const known = this.#known.get(account);
    known?.link?.close();
    // Another claim is another machine: what the old one proved says nothing of it.
    const examined = known?.claim.digest === claim.digest ? known : new Examined(account, claim);
    examined.link = link;
    examined.address = address;
    examined.diskMiB = diskMiB;
    // A machine that goes away removes it.
    examined.plot = undefined;
    this.#known.set(account, examined);
    if (!this.#asking.has(address)) void this.#askAt(address);
  }

  remove(account: AccountId, link: Link): void {
    const examined = this.#known.get(account);
    if (examined?.link === link) examined.link = undefined;
  }

  close(): void {
    for (const { link } of this.#known.values()) link?.close();
  }

  #present(address: string): Examined[] {
    return [...this.#known.values()].filter((one) => one.address === address && one.link !== undefined);
  }

  /** One round after the other, as long as a machine is there. */
  async #askAt(address: string): Promise<void> {
    const { signal, chain, clock = systemClock, random = Math.random, report } = this.#options;
    this.#asking.add(address);
    while (!signal.aborted && this.#present(address).length > 0) {
      try {
        const rules = await chain.rules();
        await clock.sleep(untilNextRound(random(), rules.proofs.rounds), signal);
        const present = this.#present(address);
        if (signal.aborted || present.length === 0) continue;
        const round = { ...(await chain.rules()), chain, random, report };
        const isJoint = present.length > 1 && present.every(({ alone }) => alone > 0) && random() < 0.5;
        const windows = this.#joint.get(address) ?? [];
        this.#joint.set(address, windows);
        const one = present[Math.floor(random() * present.length)];
        if (isJoint) await askTogether(present, round, windows);
        else if (one) await askOne(one, round);
      } catch (thrown) {
        report({ event: 'trouble', why: toLogosError(thrown).message });
        await clock.sleep(RETRY_MS, signal);
      }
    }
    this.#asking.delete(address);
  }
}

async function listening(server: Server, { host, port }: ExaminerOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}
