import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import type { Replay } from '../../gatekeeper/index.ts';
import { ExternalError, UserError } from '../../system/errors.ts';
import { isErrno } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import type { AppliedAnswer } from '../deploy/answer.ts';
import type { StatusMessage } from '../status-document.ts';
import type { OperationAnswer, RequestAnswer, RequestBody, TypedBody } from './request-routes.ts';

export type Order = 'stop' | 'pause' | 'resume' | { stopDvm: string };

/**
 * Gives an order to the running gatekeeper and waits until it is carried out. Throws UserError `service-not-running`,
 * `permission-denied`, or what the gatekeeper answers (its codes).
 */
export async function sendOrder(home: Home, order: Order): Promise<void> {
  const path = typeof order === 'string' ? `/v1/${order}` : `/v1/dvms/${encodeURIComponent(order.stopDvm)}/stop`;
  await answerOf(await open(join(home.run, 'control.sock'), 'POST', path));
}

/** Hands a native command to the running gatekeeper. Throws as `sendOrder` does. */
export async function sendRequest(home: Home, body: RequestBody): Promise<RequestAnswer> {
  const options = { body: JSON.stringify(body) };
  return (await answerOf(await open(join(home.run, 'control.sock'), 'POST', '/v1/requests', options))) as RequestAnswer;
}

/** Hands a request of any kind to the running gatekeeper. Throws as `sendOrder` does. */
export async function sendTyped(home: Home, kind: string, body: TypedBody): Promise<RequestAnswer> {
  const options = { body: JSON.stringify(body) };
  const path = `/v1/requests/${encodeURIComponent(kind)}`;
  return (await answerOf(await open(join(home.run, 'control.sock'), 'POST', path, options))) as RequestAnswer;
}

/** Has the running gatekeeper judge a kept request by today's rules. Throws as `sendOrder` does. */
export async function askReplay(home: Home, id: string): Promise<Replay> {
  return (await answerOf(await open(join(home.run, 'control.sock'), 'POST', `/v1/replays/${id}`))) as Replay;
}

/** Has the running gatekeeper look at once at what this host is to have. Throws as `sendOrder` does. */
export async function askDeployments(home: Home, proposal?: string): Promise<AppliedAnswer> {
  const options = { body: JSON.stringify(proposal === undefined ? {} : { proposal }) };
  return (await answerOf(
    await open(join(home.run, 'control.sock'), 'POST', '/v1/deployments', options),
  )) as AppliedAnswer;
}

/** Asks the running gatekeeper how far an operation is. Throws as `sendOrder` does. */
export async function askOperation(home: Home, id: string): Promise<OperationAnswer> {
  const path = `/v1/operations/${encodeURIComponent(id)}`;
  return (await answerOf(await open(join(home.run, 'control.sock'), 'GET', path))) as OperationAnswer;
}

/** The status and each change of it, until the gatekeeper ends or `signal` is aborted. Throws UserError `service-not-running`. */
export async function* followStatus(home: Home, signal: AbortSignal): AsyncGenerator<StatusMessage> {
  const response = await open(join(home.run, 'status.sock'), 'GET', '/v1/events', { signal });
  let rest = '';
  try {
    for await (const part of response.setEncoding('utf8')) {
      const blocks = (rest + part).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = messageIn(block);
        if (message) yield message;
      }
    }
  } catch (error) {
    // The stream breaks off when the gatekeeper is killed; the caller asks again.
    if (!signal.aborted && !isErrno(error, 'ECONNRESET')) throw error;
  }
}

interface OpenOptions {
  signal?: AbortSignal;
  /** A JSON text. */
  body?: string;
}

function open(
  socketPath: string,
  method: string,
  path: string,
  { signal, body }: OpenOptions = {},
): Promise<IncomingMessage> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, signal, headers, agent: false }, resolve);
    call.on('error', (error) => {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ECONNREFUSED')) reject(notRunning(error));
      else if (isErrno(error, 'EACCES')) reject(notOwner(error));
      else reject(error);
    });
    call.end(body);
  });
}

async function answerOf(response: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const part of response.setEncoding('utf8')) body += part;
  if (response.statusCode === 200) return JSON.parse(body);
  throw refusal(body);
}

function messageIn(block: string): StatusMessage | undefined {
  const [, type, data] = /^event: (status|event)\ndata: (.*)$/s.exec(block) ?? [];
  if (type === undefined || data === undefined) return undefined;
  try {
    return type === 'status' ? { type, status: JSON.parse(data) } : { type: 'event', event: JSON.parse(data) };
  } catch {
    return undefined;
  }
}

function notRunning(cause: Error): UserError {
  return new UserError('service-not-running', 'The gatekeeper (NG) does not run.', {
    cause,
    nextSteps: ['Start it with `logos service start`, or set this host up with `logos provide`.'],
  });
}

function notOwner(cause: Error): UserError {
  return new UserError('permission-denied', 'Only the owner of this instance may give orders to it.', {
    cause,
    nextSteps: ['Run the command again as root.'],
  });
}

function refusal(body: string): ExternalError {
  try {
    const { error } = JSON.parse(body);
    return new ExternalError(String(error.code), String(error.message), { nextSteps: error.nextSteps });
  } catch {
    return new ExternalError('api-answer-unknown', 'The gatekeeper gave an answer that is not known.');
  }
}
