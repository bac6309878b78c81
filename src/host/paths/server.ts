import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** Serves the files of `directory` over HTTP at an address, by busybox, until it is closed. `within` puts the program where the address is. */
export async function serveFiles(
  directory: string,
  address: { host: string; port: number },
  within: (command: readonly string[]) => readonly string[] = (command) => command,
): Promise<{ close(): Promise<void> }> {
  const command = within(['busybox', 'httpd', '-f', '-p', `${address.host}:${address.port}`, '-h', directory]);
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return {
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A port of the loopback interface that nobody has now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
