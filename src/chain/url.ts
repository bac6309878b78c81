import { ExitCode, UserError } from '../system/errors.ts';

/** Checks the address of a chain: `ws://` or `wss://`, nothing else. Throws UserError `chain-url-invalid`. */
export function parseChainUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['ws:', 'wss:'].includes(url.protocol) || url.hostname === '' || url.hash !== '') {
    throw new UserError('chain-url-invalid', `${JSON.stringify(text.slice(0, 200))} is not the address of a chain.`, {
      exitCode: ExitCode.usage,
      nextSteps: ['Give a WebSocket address, such as ws://127.0.0.1:9944 or wss://chain.example.org.'],
    });
  }
  return url;
}
