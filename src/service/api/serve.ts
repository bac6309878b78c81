import type { LocalApiOptions } from './local-api.ts';

/** Loads the HTTP framework only in the process that serves: everybody else imports this room too. */
export async function serveLocalApi(options: LocalApiOptions): Promise<{ close(): Promise<void> }> {
  const api = await import('./local-api.ts');
  return api.serveLocalApi(options);
}
