import { LogosError } from '../../system/errors.ts';
import { hashSchema } from './codec.ts';
import { ask, type Endpoint } from './endpoint.ts';
import { endpointsFailed } from './errors.ts';
import { headerOf } from './finality.ts';
import { type Freshness, freshHead, type HeadSource, type VerifiedHead } from './head.ts';

/**
 * Heads of a development chain on this machine. It has no finality proofs: what it calls its last final block is taken
 * for it, and only what is read from that block's state is proven.
 */
export class LocalHeads implements HeadSource {
  readonly checkpoint = undefined;
  readonly #freshness: Freshness;

  constructor(freshness: Freshness) {
    this.#freshness = freshness;
  }

  async next(endpoints: readonly Endpoint[], onRejected: (error: LogosError) => void): Promise<VerifiedHead> {
    const errors: LogosError[] = [];
    for (const endpoint of endpoints) {
      try {
        const header = await headerOf(endpoint, await ask(endpoint, 'chain_getFinalizedHead', [], hashSchema));
        return await freshHead(endpoint, header, 'local', this.#freshness);
      } catch (error) {
        if (!(error instanceof LogosError)) throw error;
        errors.push(error);
        onRejected(error);
      }
    }
    throw endpointsFailed(errors);
  }

  async close(): Promise<void> {}
}
