import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isSignedBy } from '../../chain/index.ts';
import type { ClientGatekeeper, Origin, Receipt, Replay, Verdict } from '../../gatekeeper/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
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

const typedSchema = z.strictObject({
  payload: z.json(),
  nonce: z.string().min(1).max(128),
  /** Milliseconds since 1970. */
  expires: z.int().min(0).optional(),
  dryRun: z.boolean(),
  /** By the account that asks, where that is not this host's: of `logos-request:` and the request's id. */
  signature: z
    .strictObject({ account: z.string().max(64), value: z.string().regex(/^0x[0-9a-f]{128,130}$/) })
    .optional(),
});
/** A request of any kind that the definition takes from the local API. */
export type TypedBody = Omit<z.output<typeof typedSchema>, 'payload'> & { readonly payload: Json };

const kindParameters = z.object({ kind: z.string().min(1).max(64) });

/** What the gatekeeper answers: a verdict for a dry run, else how the request ended. */
export type RequestAnswer = { readonly verdict: Verdict } | { readonly receipt: ReceiptAnswer };

export interface ReceiptAnswer extends Pick<Receipt, 'id' | 'outcome' | 'stage' | 'error' | 'transaction'> {
  /** Numbers of what the contract made of it. */
  readonly operation?: string;
  readonly proposal?: string;
  readonly lease?: string;
}

/** How far an operation is on this host. */
export interface OperationAnswer {
  readonly phase: string;
  /** SHA-256 of the command that it runs. */
  readonly command?: string;
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
    return { receipt: answerOf(await opened().command(input)) };
  });

  app.post('/v1/requests/:kind', { bodyLimit: BODY_BYTES }, async (request): Promise<RequestAnswer> => {
    const { kind } = readAs(kindParameters, request.params);
    const { payload, nonce, expires, dryRun, signature } = readAs(typedSchema, request.body);
    const ng = opened();
    const asked = { kind, payload: payload as Json, nonce, expires };
    const plain = ng.request({ ...asked, origin: { source: 'api', uid } });
    const origin: Origin = { source: 'api', uid, key: await signerOf(plain.id, signature) };
    if (dryRun) return { verdict: await ng.judgeRequest({ ...asked, origin }) };
    return { receipt: answerOf(await ng.handle(ng.request({ ...asked, origin }))) };
  });

  app.post('/v1/replays/:id', async (request): Promise<Replay> => {
    const { id } = readAs(z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) }), request.params);
    return opened().replay(id);
  });

  app.get('/v1/operations/:id', async (request): Promise<OperationAnswer> => {
    const { id } = z.object({ id: z.string().regex(/^[1-9][0-9]{0,19}$/) }).parse(request.params);
    const record = await opened().operation(BigInt(id));
    if (record === undefined) return { phase: 'approved' };
    const { phase, outcome, operation } = record;
    const answer = { phase, ...(operation.kind.kind === 'run' && { command: operation.kind.command }) };
    if (outcome === undefined) return answer;
    if ('done' in outcome) return { ...answer, result: outcome.result };
    return { ...answer, failed: { code: outcome.code, reason: outcome.failed } };
  });
}

function answerOf({ id, outcome, stage, error, transaction, operation, proposal, lease }: Receipt): ReceiptAnswer {
  const made = { operation: operation?.toString(), proposal: proposal?.toString(), lease: lease?.toString() };
  return { id, outcome, stage, error, transaction, ...made };
}

/** Who signed: a signature that does not fit is no request without one. */
async function signerOf(id: string, signature: TypedBody['signature']): Promise<string | undefined> {
  if (signature === undefined) return undefined;
  if (await isSignedBy(signature.account, id, signature.value)) return signature.account;
  throw new UserError('signature-invalid', `${signature.account} did not sign this request.`, {
    exitCode: ExitCode.unauthorised,
    nextSteps: ["Sign `logos-request:` with the request's id, as a dry run without signature shows it."],
  });
}

function readBody(body: unknown): RequestBody {
  return readAs(bodySchema, body);
}

function readAs<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(
    'request-malformed',
    `The request can't be read: ${z.prettifyError(parsed.error).split('\n')[0]}.`,
    {
      nextSteps: ['Send it with `logos request`.'],
    },
  );
}
