import { join } from 'node:path';
import {
  type ConnectedChain,
  connectChain,
  type LogosChain,
  openVerifiedChain,
  TrustedChain,
  type VerifiedChain,
} from '../chain/index.ts';
import { type LogosError, UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import type { Config } from './config.ts';
import { type HostRecord, loadHostRecord } from './host-record.ts';

/** The chain that this host joined: where it is asked, and what its answers must rest on. */
export type PinnedChain = HostRecord['chain'];

/** A chain that was chosen, and where trust in it begins. */
export interface ChosenChain {
  readonly mode: PinnedChain['mode'];
  readonly url: string;
  readonly trust?: Config['trust'];
}

/** Told of each endpoint that was passed over, and why. */
type Report = (error: LogosError) => void;

/** Milliseconds for which a head is used: an operation that was just asked for must not be overlooked for long. */
const REFRESH_MS = 500;

/**
 * Connects to the chain that was chosen, to read from it with proof alone. `pinned` is what later runs need to go on from
 * here: nobody can show this host another chain, an older state, or one without finality any more.
 * Throws what `connectChain` and `openVerifiedChain` do, and UserError `chain-changed`.
 */
export async function joinChain(
  home: Home,
  { mode, url, trust }: ChosenChain,
  onRejected?: Report,
): Promise<{ chain: LogosChain; pinned: PinnedChain }> {
  const connection = await connectChain(url);
  try {
    const { genesis } = connection.identity;
    const endpoints = [url, ...(trust?.endpoints ?? [])];
    const before = await pinnedBefore(home, url);
    const known =
      mode === 'dev' ? { genesis, trust: 'local' as const } : before?.genesis === genesis ? before : undefined;
    const verified = await openVerifiedChain({
      ...anchorOf(trust, known?.genesis),
      endpoints,
      trust: anchored(trust) ? 'finality' : known?.trust,
      store: storeOf(home, mode),
      refreshMs: REFRESH_MS,
      onRejected,
    });
    try {
      const head = await verified.head();
      return {
        chain: new TrustedChain(connection, verified),
        pinned: { mode, url, genesis, endpoints, trust: head.trust },
      };
    } catch (error) {
      await verified.close();
      throw error;
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** A chain for reading alone, by whoever need not have joined it. Throws as `openVerifiedChain` does. */
export async function openForReading(
  home: Home,
  { url, trust }: Omit<ChosenChain, 'mode'>,
  onRejected?: Report,
): Promise<VerifiedChain> {
  const before = anchored(trust) ? undefined : await pinnedBefore(home, url);
  if (before !== undefined) return openPinned(home, before, onRejected);
  return openVerifiedChain({ ...anchorOf(trust), endpoints: [url, ...(trust?.endpoints ?? [])], onRejected });
}

/** Checks that there is something to begin trust from, and changes nothing. Throws as `openVerifiedChain` does. */
export async function checkTrust(home: Home, { url, trust }: Omit<ChosenChain, 'mode'>): Promise<void> {
  if (!anchored(trust) && (await pinnedBefore(home, url))?.trust === 'finality') return;
  await (await openVerifiedChain({ ...anchorOf(trust), endpoints: [url, ...(trust?.endpoints ?? [])] })).close();
}

/**
 * The chain that this host joined, for reading alone: it needs no connection of polkadot.js. `store`: where is kept how far
 * it was verified, when that is not to be shared.
 */
export function openPinned(
  home: Home,
  pinned: PinnedChain,
  onRejected?: Report,
  store = storeOf(home, pinned.mode),
): Promise<VerifiedChain> {
  return openVerifiedChain({
    endpoints: pinned.endpoints ?? [pinned.url],
    genesis: pinned.genesis,
    trust: pinned.trust ?? (pinned.mode === 'dev' ? 'local' : undefined),
    store,
    refreshMs: REFRESH_MS,
    onRejected,
  });
}

/**
 * The chain that this host joined, for reading with proof and for transactions; `onConnected` is given
 * what it does either with. Throws UserError `chain-changed` too.
 */
export async function connectPinned(
  home: Home,
  pinned: PinnedChain,
  onRejected?: Report,
  onConnected?: (connection: ConnectedChain, verified: VerifiedChain) => void,
): Promise<TrustedChain> {
  const connection = await connectChain(pinned.url);
  try {
    if (connection.identity.genesis !== pinned.genesis) throw chainChanged(connection.identity.genesis);
    const verified = await openPinned(home, pinned, onRejected);
    onConnected?.(connection, verified);
    return new TrustedChain(connection, verified);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** What an earlier run took down of this chain. */
async function pinnedBefore(home: Home, url: string): Promise<PinnedChain | undefined> {
  try {
    const { chain } = await loadHostRecord(home);
    return chain.url === url ? chain : undefined;
  } catch (error) {
    if (error instanceof UserError && error.code === 'host-not-joined') return undefined;
    throw error;
  }
}

function anchorOf(trust: Config['trust'], genesis?: string) {
  return {
    genesis: trust?.genesis ?? genesis,
    specification: trust?.specification,
    checkpointFile: trust?.checkpoint,
  };
}

function anchored(trust: Config['trust']): boolean {
  return (trust?.genesis ?? trust?.specification ?? trust?.checkpoint) !== undefined;
}

/** What is known of an embedded chain goes with it when its directory is removed. */
function storeOf(home: Home, mode: PinnedChain['mode']): string {
  return mode === 'dev' ? join(home.chain, 'dev', 'verified') : join(home.chain, 'verified');
}

function chainChanged(genesis: string): UserError {
  return new UserError('chain-changed', `The chain at this address is another one (${genesis}).`, {
    nextSteps: ['Run `logos provide` again to join it, or put the address of the old one back.'],
  });
}
