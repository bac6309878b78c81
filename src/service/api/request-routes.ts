import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ClientGatekeeper, Receipt, Verdict } from '../../gatekeeper/index.ts';
import { UserError } from '../../system/errors.ts';
import type { Json } from '../../system/journal.ts';

/** A command with its files in base64: some more than what they may have together. */
const BODY_BYTES = 8 * 1024 * 1024;

const bodySchema = z.strictObject({
  argv: z.array(z.string()).min(1).max(1_024),
  files: z.array(z.strictObject({ path: z.string(), base64: z.base64() })).max(1_024),
  nonce: z.string().min(1).max(128),
  dryRun: z.boolean(),
});
/** A native command as `logos request` hands it to the running gatekeeper. */
export type RequestBody = z.output<typeof bodySchema>;

/** What the gatekeeper answers: a verdict for a dry run, else how the request ended. */
export type RequestAnswer = { readonly verdict: Verdict } | { readonly receipt: ReceiptAnswer };

export interface ReceiptAnswer extends Pick<Receipt, 'id' | 'outcome' | 'stage' | 'error' | 'transaction'> {
  /** The operation that the contract opened. */
  readonly operation?: string;
}

/** How far an operation is on this host. */
export interface OperationAnswer {
  readonly phase: string;
  readonly result?: Json;
  readonly failed?: { readonly code: string; readonly reason: string };
}

/**
 * The way in for native commands. `uid`: whose socket it is; nobody else but root gets through it, so that is who asks.
 * Answers with UserError `chain-not-open` while the gatekeeper has no chain.
 */
export function requestRoutes(app: FastifyInstance, gatekeeper: () => ClientGatekeeper | undefined, uid: number): void {
  const opened = (): ClientGatekeeper => {
    const found = gatekeeper();
    if (found !== undefined) return found;
    throw new UserError('chain-not-open', 'The gatekeeper does not have the chain yet.', {
      nextSteps: ['Wait until `logos status` shows the chain, and give the command again.'],
    });
  };

  app.post('/v1/requests', { bodyLimit: BODY_BYTES }, async (request): Promise<RequestAnswer> => {
    const { argv, files, nonce, dryRun } = readBody(request.body);
    const bytes = new Map(files.map(({ path, base64 }) => [path, Buffer.from(base64, 'base64')]));
    const input = { argv, files: bytes, origin: { source: 'api', uid } as const, nonce };
    if (dryRun) return { verdict: await opened().judge(input) };
    const { id, outcome, stage, error, transaction, operation } = await opened().command(input);
    return { receipt: { id, outcome, stage, error, transaction, operation: operation?.toString() } };
  });

  app.get('/v1/operations/:id', async (request): Promise<OperationAnswer> => {
    const { id } = z.object({ id: z.string().regex(/^[1-9][0-9]{0,19}$/) }).parse(request.params);
    const record = await opened().operation(BigInt(id));
    if (record === undefined) return { phase: 'approved' };
    const { phase, outcome } = record;
    if (outcome === undefined) return { phase };
    if ('done' in outcome) return { phase, result: outcome.result };
    return { phase, failed: { code: outcome.code, reason: outcome.failed } };
  });
}

function readBody(body: unknown): RequestBody {
  const parsed = bodySchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new UserError(
    'request-malformed',
    `The request can't be read: ${z.prettifyError(parsed.error).split('\n')[0]}.`,
    {
      nextSteps: ['Send it with `logos request`.'],
    },
  );
}
