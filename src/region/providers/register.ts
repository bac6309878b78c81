import { join } from 'node:path';
import { z } from 'zod';
import { ExitCode, UserError } from '../../system/errors.ts';
import { readJson, writeJson } from '../../system/files.ts';
import { addressAt, sizeOf } from '../networks.ts';
import type { ProviderRequest } from './documents.ts';

const entrySchema = z.object({
  name: z.string(),
  class: z.string(),
  /** Of the addresses for providers; 1 is the hub's. One that was given out is not given to another. */
  number: z.int().min(2),
  state: z.enum(['joined', 'left', 'excluded']),
  /** The account of its machine on chain, where it is known. */
  account: z.string().optional(),
  tunnelKey: z.string(),
  tlsKey: z.string(),
  hostKey: z.string(),
});
/** A provider's machine, as its region knows it. */
export type Provider = z.output<typeof entrySchema>;

/** All that ever joined a region; kept with the region's state. */
export async function readProviders(root: string): Promise<Provider[]> {
  return (await readJson(fileIn(root), z.array(entrySchema))) ?? [];
}

export async function writeProviders(root: string, providers: readonly Provider[]): Promise<void> {
  await writeJson(fileIn(root), [...providers]);
}

/**
 * The list with one that joins, or comes back after it left. Throws UserError `provider-excluded` (exit code 3) for one that was
 * excluded, or shows a key of one that was, and `provider-taken` (exit code 2) when name or key are another's.
 */
export function joined(
  known: readonly Provider[],
  request: ProviderRequest,
  { class: resourceClass, account }: { class: string; account?: string },
): Provider[] {
  const { name, tunnelKey, tlsKey, hostKey } = request;
  const own = known.find((one) => one.name === name);
  const shared = known.find(
    (one) => one !== own && (one.tunnelKey === tunnelKey || one.hostKey === hostKey || one.tlsKey === tlsKey),
  );
  for (const one of [own, shared]) {
    if (one?.state === 'excluded') {
      throw new UserError('provider-excluded', `${one.name} was excluded, and ${name} has its name or a key of it.`, {
        exitCode: ExitCode.refused,
        nextSteps: ['A machine that was excluded joins again only by a decision of the region on chain.'],
      });
    }
  }
  const other = own?.state === 'joined' && own.tunnelKey !== tunnelKey;
  if (shared !== undefined || other) {
    throw new UserError(
      'provider-taken',
      `${shared?.name ?? name} has joined already, with ${shared ? 'one of these keys' : 'other keys'}.`,
      {
        exitCode: ExitCode.usage,
        nextSteps: ['Give the machine another name, or have the other one leave: `logos region provider remove`.'],
      },
    );
  }
  const number = own?.number ?? Math.max(1, ...known.map((one) => one.number)) + 1;
  const entry: Provider = {
    ...{ name, class: resourceClass, number, state: 'joined' as const },
    ...(account && { account }),
    ...{ tunnelKey, tlsKey, hostKey },
  };
  return [...known.filter((one) => one !== own), entry];
}

/** Where a provider is in the tunnels' network; 1 is the hub. Throws UserError `provider-addresses-short` (exit code 3). */
export function addressOf(network: string, number: number): string {
  if (number < sizeOf(network) - 1) return addressAt(network, number);
  throw new UserError('provider-addresses-short', `${network} has no address for a further provider.`, {
    exitCode: ExitCode.refused,
    nextSteps: ['Give the region a bigger network (`networks.providers` of its definition).'],
  });
}

function fileIn(root: string): string {
  return join(root, 'providers.json');
}
