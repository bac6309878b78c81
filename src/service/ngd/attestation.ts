import { z } from 'zod';
import { toLogosError } from '../../system/errors.ts';
import { type Exec, localExec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { ownCommand } from '../../system/process.ts';

/** Milliseconds that one attestation may take: seconds of CPU, which are minutes where others take all of it. */
const TIMEOUT_MS = 180_000;

/** What came of an attestation. */
export const attested = z.discriminatedUnion('state', [
  /** The chain took it, or asked for none yet. `againMs`: when the next is wanted. */
  z.object({ state: z.literal('taken'), height: z.number(), againMs: z.number() }),
  z.object({ state: z.literal('early'), againMs: z.number() }),
  /** The machine has not named this guard: it is no member, or the chain knows no guards. */
  z.object({ state: z.literal('unbound') }),
  /** What the host has in force is not on record yet: the region's main gatekeeper has to set it first. */
  z.object({ state: z.literal('manifest-unknown'), manifest: z.string() }),
  z.object({ state: z.literal('excluded') }),
  z.object({ state: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type Attested = z.output<typeof attested>;

/** What a guard says of its host. */
export interface Attesting {
  /** SHA-256 of what must be in force here, hexadecimal. */
  readonly manifest: string;
  readonly intact: boolean;
}

/** Has a process of its own tell the chain, signed with the guard's key: NGd itself holds no connection. Never throws. */
export async function attest(home: Home, { manifest, intact }: Attesting, exec: Exec = localExec): Promise<Attested> {
  const words = ['internal', 'attest', '--manifest', manifest, intact ? '--intact' : '--no-intact', '--json'];
  const [command = process.execPath, ...args] = [...ownCommand(), ...words];
  try {
    const env = { LOGOS_HOME: home.root, LOGOS_CACHE: home.cache };
    const { stdout } = await exec(command, args, { env, timeout: TIMEOUT_MS });
    return attested.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
  } catch (thrown) {
    const { code, message } = toLogosError(thrown);
    return { state: 'failed', code, message };
  }
}
