/// <reference types="node-pty" preserve="true" />
import { createRequire } from 'node:module';

// The package is installed under another name than the one that its types declare.
const pty = createRequire(import.meta.url)('node-pty') as typeof import('@lydell/node-pty');

/** A program at a terminal of its own (pty(7)). */
export type Terminal = import('@lydell/node-pty').IPty;

export function openTerminal(
  file: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; columns?: number; rows?: number },
): Terminal {
  return pty.spawn(file, [...args], { env: options.env, cols: options.columns ?? 80, rows: options.rows ?? 24 });
}
