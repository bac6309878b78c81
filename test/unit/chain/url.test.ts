import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectChain, parseChainUrl } from '../../../src/chain/index.ts';
import { UserError } from '../../../src/system/errors.ts';

describe('the address of a chain', () => {
  it.each(['ws://127.0.0.1:9944', 'wss://chain.example.org', 'wss://[::1]:443/rpc'])('takes %s', (url) => {
    expect(parseChainUrl(url).href).toContain('ws');
  });

  it.each(['', 'localhost:9944', 'http://127.0.0.1:9944', 'ws://', 'ws://a b', 'file:///etc/passwd', 'ws://h#x'])(
    'refuses %j before anything is connected',
    async (url) => {
      await expect(connectChain(url)).rejects.toMatchObject({ code: 'chain-url-invalid' });
    },
  );

  it('answers any text with an address or a typed error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
        try {
          expect(parseChainUrl(text).protocol).toMatch(/^wss?:$/);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });

  it('reports a port where nobody listens, within its time', async () => {
    const began = performance.now();
    await expect(connectChain('ws://127.0.0.1:1', { timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'chain-unreachable',
      nextSteps: expect.arrayContaining([expect.stringContaining('logos chain dev')]),
    });
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
