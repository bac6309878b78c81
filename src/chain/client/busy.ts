import { WebSocket } from 'ws';
import type { LogosError } from '../../system/errors.ts';
import { chainBusy, rpcFailed } from '../errors.ts';

/** HTTP's answer in place of the upgrade to a WebSocket. */
const TOO_MANY_REQUESTS = 429;
const PROBE_MS = 1_000;
/** jsonrpsee: too many subscriptions, server busy; sc_rpc_server: over the rate limit. */
const BUSY = [-32006, -32009, -32999];

/**
 * ExternalError `chain-busy` where a node refused a connection because it has too many, else `error`. The WebSocket of
 * polkadot.js does not tell what was answered in place of the upgrade, so that is asked again.
 */
export async function connectFailure(url: string, error: unknown): Promise<unknown> {
  return (await refusal(url)) === TOO_MANY_REQUESTS ? chainBusy(url, 'it has too many connections', error) : error;
}

/** Why a node did not answer about something: ExternalError `chain-busy` or `chain-rpc-failed`. */
export function callFailure(url: string, what: string, thrown: unknown): LogosError {
  const error: Error & { code?: unknown } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return BUSY.includes(Number(error.code)) ? chainBusy(url, error.message, error) : rpcFailed(what, error);
}

/** The status of HTTP with which a connection is refused; `undefined` when it is taken, or nothing answers. */
function refusal(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: PROBE_MS });
    const end = (status?: number): void => {
      resolve(status);
      socket.terminate();
    };
    socket.on('error', () => end());
    socket.once('open', () => end());
    socket.once('unexpected-response', (_request, { statusCode }) => end(statusCode));
  });
}
