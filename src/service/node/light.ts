import { join } from 'node:path';
import { z } from 'zod';
import { lightSpec, openLightClient, serveLight } from '../../chain/index.ts';
import type { Home } from '../../system/home.ts';
import { ownCommand } from '../../system/process.ts';
import { checkPorts, prepareNode } from './prepare.ts';
import { type AskNode, readAnswer, unanswered } from './rpc.ts';
import type { RunOptions } from './run.ts';
import { type NodeSettings, nodePaths } from './settings.ts';
import type { Specification } from './specification.ts';

/** How long a light client may take for an answer: it may have to fetch it from its peers. */
const ANSWER_MS = 20_000;

/** How far the client has verified, in the node's directory. */
function storeOf({ directory }: NodeSettings): string {
  return join(directory, 'light.json');
}

/** The background service of a light node: this program itself. */
export function lightService(home: Home, settings: NodeSettings): { command: string[]; env: Record<string, string> } {
  const { directory, rpcPort, bootNodes } = settings;
  return {
    command: [
      ...ownCommand(),
      ...['chain', 'node', '--role', 'light', '--chain', nodePaths(directory).specification],
      ...['--base-path', directory, '--rpc-port', String(rpcPort)],
      ...bootNodes.flatMap((address) => ['--boot-node', address]),
    ],
    env: { LOGOS_HOME: home.root },
  };
}

/** Throws UserError `light-spec-invalid` where a light client could not begin with this specification. */
export function checkLight(settings: NodeSettings, specification: Specification): void {
  lightSpec(specification.text, settings.bootNodes);
}

/**
 * Runs a light client in this process, with the RPC of a node on the loopback interface, until `signal` is aborted. It
 * needs no native node. Throws UserError `light-spec-invalid`, `port-taken`.
 */
export async function runLight(
  settings: NodeSettings,
  specification: Specification,
  { signal, onReady, onLine }: RunOptions,
): Promise<void> {
  const spec = lightSpec(specification.text, settings.bootNodes);
  await prepareNode(settings, specification);
  await checkPorts(settings);
  const client = await openLightClient({ spec, store: storeOf(settings), log: (_level, message) => onLine(message) });
  try {
    const server = await serveLight(client, settings.rpcPort);
    onReady();
    try {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      await server.close();
    }
  } finally {
    await client.close();
  }
}

/** Like `askNode`, of a light node, which speaks over WebSocket alone. */
export function askLight(rpcPort: number): AskNode {
  return async (method, params, schema) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    return schema.parse(readAnswer(method, await exchange(rpcPort, body)));
  };
}

const numbered = z.object({ id: z.literal(1) });

function exchange(port: number, body: string): Promise<unknown> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  return new Promise<unknown>((resolve, reject) => {
    const late = setTimeout(() => reject(unanswered(port)), ANSWER_MS);
    socket.addEventListener('close', () => {
      clearTimeout(late);
      reject(unanswered(port));
    });
    socket.addEventListener('open', () => socket.send(body));
    socket.addEventListener('message', ({ data }) => {
      const answer: unknown = JSON.parse(String(data));
      if (numbered.safeParse(answer).success) resolve(answer);
    });
  }).finally(() => socket.close());
}
