import { createServer, type RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { callFailure, connectFailure } from '../../../src/chain/client/busy.ts';
import { connectChain } from '../../../src/chain/index.ts';

/** A server that refuses to speak WebSocket with this status of HTTP. */
async function refusing<T>(status: number, use: (url: string) => Promise<T>): Promise<T> {
  const refuse: RequestListener = (_request, response) => response.writeHead(status).end();
  const server = createServer(refuse).on('upgrade', (_request, socket) => {
    socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  try {
    return await use(`ws://127.0.0.1:${port}`);
  } finally {
    server.close();
  }
}

describe('a node that has enough to do', () => {
  test('is told from one that can not be reached', async () => {
    const code = (status: number) =>
      refusing(status, (url) => connectChain(url, { timeoutMs: 5_000 }).catch((error: { code: string }) => error.code));
    expect(await code(429)).toBe('chain-busy');
    expect(await code(500)).toBe('chain-unreachable');
    const error = new Error('why');
    expect(await connectFailure('ws://127.0.0.1:1', error)).toBe(error);
  });

  test.each([
    [-32_999, 'chain-busy'],
    [-32_006, 'chain-busy'],
    [-32_009, 'chain-busy'],
    [-32_601, 'chain-rpc-failed'],
    [undefined, 'chain-rpc-failed'],
  ])('says so by its code %s', (code, expected) => {
    const error = Object.assign(new Error('RPC rate limit exceeded'), { code });
    expect(callFailure('ws://node', 'heads', error)).toMatchObject({ code: expected, nextSteps: expect.anything() });
  });
});
