import { createServer } from 'node:net';
import { join } from 'node:path';
import type { LogosChain } from '../../chain/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { ownCommand } from '../../system/process.ts';
import { type ChosenChain, checkTrust, joinChain, type PinnedChain } from '../chain-trust.ts';
import type { Config } from '../config.ts';
import type { Session } from './session.ts';

/** Which chain this host answers to. */
export type ChainChoice = { mode: 'dev'; port: number; url: string } | { mode: 'remote'; url: string };

/** Empty blocks cost CPU time of the owner's; transactions get a block of their own at once. Milliseconds. */
const BLOCK_MS = '6000';

/** The usual port of a Substrate node's WebSocket. */
const DEFAULT_PORT = 9944;

/** The command line wins over the configuration. Throws `chain-not-chosen` where neither names one. */
export function chooseChain(options: { chain?: string; chainPort?: number }, config: Config): ChainChoice {
  const chain = options.chain ?? config.chain;
  if (chain === undefined) {
    throw new UserError('chain-not-chosen', 'No chain is chosen.', {
      exitCode: ExitCode.usage,
      nextSteps: [
        'Try things out on an embedded chain: `logos provide --chain dev`.',
        'Join a network: `logos provide --chain wss://…`, or set "chain" in config.json.',
      ],
    });
  }
  if (chain !== 'dev') return { mode: 'remote', url: chain };
  const port = options.chainPort ?? config.chainPort ?? DEFAULT_PORT;
  return { mode: 'dev', port, url: `ws://127.0.0.1:${port}` };
}

/** Before anything is changed: a remote chain must answer, the embedded one must find its port free. */
export async function checkChain(choice: ChainChoice, session: Session): Promise<void> {
  if (choice.mode === 'remote') {
    const { connectChain } = await import('../../chain/index.ts');
    await (await connectChain(choice.url)).close();
    await checkTrust(session.home, { ...choice, trust: session.config.trust });
    return;
  }
  if ((await session.manager.status()).chain?.state === 'running') return;
  if (await isFree(choice.port)) return;
  throw new UserError(
    'port-taken',
    `Port ${choice.port} on 127.0.0.1 is taken, so the embedded chain can't listen there.`,
    {
      nextSteps: ['Choose another one with --chain-port, or stop the program that uses it (ss -ltnp).'],
    },
  );
}

/** A chain to be read with proof, and how to find it again. */
export interface OpenedChain {
  chain: LogosChain;
  pinned: PinnedChain;
}

/** Connects, after starting the embedded chain where that was chosen. What is read is proven, or it is not given. */
export async function openChain(choice: ChainChoice, session: Session): Promise<OpenedChain> {
  const { home, config, progress } = session;
  const chosen: ChosenChain = { mode: choice.mode, url: choice.url, trust: config.trust };
  const connect = (): Promise<OpenedChain> =>
    joinChain(home, chosen, ({ code, message }) => progress({ event: 'note', message: `[${code}] ${message}` }));
  if (choice.mode === 'remote') return connect();
  await session.manager.ensure({
    name: 'chain',
    description: 'Embedded Logos chain',
    command: [
      ...ownCommand(),
      'chain',
      'dev',
      '--port',
      String(choice.port),
      '--dir',
      join(session.home.chain, 'dev'),
      '--block-time',
      BLOCK_MS,
    ],
    env: session.environment,
  });
  return untilAnswering(connect, session.signal);
}

/** The embedded chain lets nobody in before its contracts are there; a first start takes some seconds. */
async function untilAnswering(connect: () => Promise<OpenedChain>, signal: AbortSignal): Promise<OpenedChain> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connect();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
