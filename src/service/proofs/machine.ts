import { once } from 'node:events';
import { connect } from 'node:net';
import { type HostSigner, signRequest } from '../../chain/index.ts';
import { type Answer, beyondOffer, type Challenge, type PlotPlace, prove, readClaim } from '../../host/index.ts';
import { ExternalError, UserError } from '../../system/errors.ts';
import { askedSchema, helloText, messages, send } from './wire.ts';

export interface MachineOptions {
  host: string;
  port: number;
  /** Which of this machine's addresses to come from. */
  from?: string;
  signer: HostSigner;
  /** The inventory and benchmark that this machine joined with. */
  claim: unknown;
  /** Where plots are kept, and how much they may take there. */
  plots: PlotPlace;
  diskMiB: number;
  signal: AbortSignal;
  onText(text: string): void;
  /** Does the work. Default: as asked. */
  answer?: (challenge: Challenge) => Promise<Answer>;
}

/**
 * Lets the region ask this machine for proofs of what it claims, until `signal` is aborted or the connection ends. Throws
 * ExternalError `region-unreachable`, UserError `proof-claim-missing` and `proof-claim-refused`.
 */
export async function answerRegion(options: MachineOptions): Promise<void> {
  const { host, port, signer, plots, diskMiB, signal, onText } = options;
  const claim = readClaim(options.claim);
  if (claim === undefined) throw claimMissing();
  const offer = { threads: claim.benchmark.threads, diskMiB };
  const socket = connect({ host, port, localAddress: options.from });
  const stop = (): void => void socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await once(socket, 'connect', { signal }).catch((cause: Error) => {
      signal.throwIfAborted();
      throw new ExternalError('region-unreachable', `${host}:${port} does not answer: ${cause.message}`, {
        cause,
        nextSteps: ['Check the address, and that this machine is joined to the network of its region.'],
      });
    });
    socket.setNoDelay(true);
    const answer = options.answer ?? ((challenge: Challenge) => prove(challenge, { plots, signal }));
    for await (const message of messages(socket, askedSchema)) {
      if (message.type === 'refused') throw claimRefused(message.why);
      if (message.type === 'told') onText(message.text);
      if (message.type === 'nonce') {
        const signature = await signRequest(signer, helloText(message.nonce, claim.digest, diskMiB));
        send(socket, { type: 'hello', account: signer.address, signature, claim: options.claim, diskMiB });
      }
      if (message.type === 'ask') {
        const why = beyondOffer(message.challenge, offer);
        if (why !== undefined) onText(`The region was refused: ${why}.`);
        const given: Answer = why === undefined ? await answer(message.challenge) : { kind: 'failed', why };
        send(socket, { type: 'answer', id: message.id, answer: given });
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

function claimMissing(): UserError {
  return new UserError('proof-claim-missing', 'This machine has claimed nothing yet that it could prove.', {
    nextSteps: ['Run `logos provide`: it measures this machine and joins with what was found.'],
  });
}

function claimRefused(why: string): UserError {
  return new UserError('proof-claim-refused', `The region does not take this machine's claim: ${why}.`, {
    nextSteps: ['Run `logos provide --fresh`: it measures again and tells the chain.'],
  });
}
