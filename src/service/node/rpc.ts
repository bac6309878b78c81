import { request } from 'node:http';
import { z } from 'zod';
import { ExternalError, UserError } from '../../system/errors.ts';

/** How long a node on this host may take for an answer. */
const ANSWER_MS = 10_000;

const answer = z.object({ result: z.unknown(), error: z.object({ message: z.string() }).optional() });

/** Asks the node on this host one thing (JSON-RPC over HTTP) and checks the answer. */
export type AskNode = <T>(method: string, params: readonly unknown[], schema: z.ZodType<T>) => Promise<T>;

/**
 * Asks the node that listens on a port of the loopback interface. Throws UserError `node-not-running` when nobody
 * answers, ExternalError `node-refused` when the node says no.
 */
export function askNode(rpcPort: number): AskNode {
  return async (method, params, schema) =>
    schema.parse(readAnswer(method, await post(rpcPort, { jsonrpc: '2.0', id: 1, method, params })));
}

/** The result in a JSON-RPC answer. Throws ExternalError `node-refused` when it is an error. */
export function readAnswer(method: string, message: unknown): unknown {
  const parsed = answer.parse(message);
  if (!parsed.error) return parsed.result;
  throw new ExternalError('node-refused', `The node refused ${method}: ${parsed.error.message}`, {
    nextSteps: ['See what it says with `logos service logs node`.'],
  });
}

export function unanswered(rpcPort: number, cause?: unknown): UserError {
  return new UserError('node-not-running', `No node answers on port ${rpcPort} of this host.`, {
    cause,
    nextSteps: ['Start it with `logos chain node start`.', 'See why it ended with `logos service logs node`.'],
  });
}

async function post(rpcPort: number, body: unknown): Promise<unknown> {
  try {
    return JSON.parse(await exchange(rpcPort, JSON.stringify(body)));
  } catch (cause) {
    throw unanswered(rpcPort, cause);
  }
}

/** Not by fetch: that one refuses some ports, and leaves the port out of the Host header where it is the usual one. */
function exchange(port: number, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', host: `127.0.0.1:${port}` };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method: 'POST', headers, signal: AbortSignal.timeout(ANSWER_MS) };
    request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('error', reject).once('end', () => resolve(text));
    })
      .once('error', reject)
      .end(body);
  });
}
