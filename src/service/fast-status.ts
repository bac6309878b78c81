import { connect } from 'node:net';
import { join } from 'node:path';
import { type Home, viewedHomeFrom } from '../system/home.ts';
import { composeStatus } from './compose-status.ts';
import type { StatusDocument } from './status-document.ts';

/** How long the gatekeeper may take to answer before it counts as silent. */
const ANSWER_MS = 3_000;

/** An answer of this size is not ours. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * What `logos status --json` prints: the status document in one line, then the `result` line. It is run before the
 * command framework is loaded and must stay cheap, so this file and what it imports use only Node's own modules
 * (a test holds that), and speak HTTP over `node:net`: `node:http` alone costs a third of a bare start.
 */
export async function fastStatus(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const status = await readStatus(viewedHomeFrom(env));
  return `${JSON.stringify(status)}\n${JSON.stringify({ event: 'result', ok: true })}\n`;
}

/** The status from the running gatekeeper, or from the state files when none answers. Never throws. */
export async function readStatus(home: Home): Promise<StatusDocument> {
  return (await askStatus(join(home.run, 'status.sock'))) ?? composeStatus(home);
}

/** `GET /v1/status` over a unix socket; `undefined` when nobody answers in time or the answer is no status document. */
export function askStatus(socket: string, timeoutMs = ANSWER_MS): Promise<StatusDocument | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const connection = connect(socket);
    const give = (status: StatusDocument | undefined): void => {
      clearTimeout(deadline);
      connection.destroy();
      resolve(status);
    };
    const deadline = setTimeout(() => give(undefined), timeoutMs);
    connection.setEncoding('utf8');
    connection.on('error', () => give(undefined));
    connection.on('data', (part) => {
      answer += part;
      if (answer.length > MAX_BYTES) give(undefined);
    });
    connection.on('end', () => give(documentIn(answer)));
    // HTTP/1.0: the answer is not chunked and ends with the connection (RFC 1945).
    connection.write('GET /v1/status HTTP/1.0\r\nHost: logos\r\n\r\n');
  });
}

function documentIn(answer: string): StatusDocument | undefined {
  const body = answer.indexOf('\r\n\r\n');
  if (!/^HTTP\/1\.[01] 200 /.test(answer) || body < 0) return undefined;
  try {
    const document: unknown = JSON.parse(answer.slice(body + 4));
    const ours = typeof document === 'object' && document !== null && 'version' in document && document.version === 1;
    return ours ? (document as StatusDocument) : undefined;
  } catch {
    return undefined; // cut short by the end of the process that answered
  }
}
