import type { Clock } from '../../system/clock.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Attested, Attesting } from './attestation.ts';

export interface AttestorOptions {
  /** What is to be said now; `undefined` while nothing can be said. */
  state(): Promise<Attesting | undefined>;
  attest(said: Attesting): Promise<Attested>;
  tell(severity: 'info' | 'warning' | 'error', text: string): void;
  readonly clock: Clock;
}

/** When the next attempt is made where the chain names no time, milliseconds. */
const AGAIN_MS: Readonly<Record<Attested['state'], number>> = {
  taken: 600_000,
  early: 60_000,
  // A machine names its guard some time after it joined.
  unbound: 60_000,
  'manifest-unknown': 60_000,
  // One node's word, which may be a lie: asked again.
  excluded: 60_000,
  failed: 30_000,
};
/** Bad news is told until it is taken, milliseconds. */
const BAD_NEWS_AGAIN_MS = 1_000;

/** Keeps the chain told what NGd finds: in good time while all is well, and at once when it is not. */
export class Attestor {
  readonly #options: AttestorOptions;
  #wake = new AbortController();
  #told: string | undefined;

  constructor(options: AttestorOptions) {
    this.#options = options;
  }

  /** What is to be said has changed. */
  poke(): void {
    this.#wake.abort();
  }

  /** Works until `signal` is aborted. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { state, attest, clock } = this.#options;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const said = await state().catch(() => undefined);
      let wait = AGAIN_MS.early;
      if (said !== undefined) {
        const answer = await attest(said).catch(failed);
        this.#say(said, answer);
        const settled = answer.state === 'taken' || answer.state === 'unbound' || answer.state === 'excluded';
        const named = 'againMs' in answer ? answer.againMs : AGAIN_MS[answer.state];
        wait = said.intact || settled ? named : BAD_NEWS_AGAIN_MS;
      }
      await clock.sleep(wait, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  /** Each news once, until another comes. */
  #say({ intact }: Attesting, answer: Attested): void {
    const key = `${intact} ${answer.state}`;
    if (key === this.#told) return;
    this.#told = key;
    const { tell } = this.#options;
    switch (answer.state) {
      case 'taken':
        if (intact) tell('info', `The chain took this host's attestation in block ${answer.height}.`);
        else tell('error', `The chain was told in block ${answer.height} that this host deviates.`);
        break;
      case 'manifest-unknown':
        tell('warning', `The chain has another state on record than this host has in force (${answer.manifest}).`);
        break;
      case 'excluded':
        tell('error', 'The chain has excluded this host.');
        break;
      case 'failed':
        tell('warning', `The chain could not be told of this host: ${answer.message}`);
        break;
      default:
        break;
    }
  }
}

function failed(thrown: unknown): Attested {
  const { code, message } = toLogosError(thrown);
  return { state: 'failed', code, message };
}
