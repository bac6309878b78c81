import { setTimeout as delay } from 'node:timers/promises';
import { LogosError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { followStatus } from './api/client.ts';

/** Gives a line for each event of this host until `signal` is aborted; waits while the gatekeeper is being started again. */
export async function followEvents(home: Home, signal: AbortSignal, show: (line: string) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const message of followStatus(home, signal)) {
        if (message.type === 'event')
          show(`${message.event.at.slice(11, 19)} ${message.event.source}: ${message.event.text}`);
      }
    } catch (error) {
      if (!signal.aborted && !(error instanceof LogosError)) throw error;
    }
    await delay(500, undefined, { signal }).catch(() => {});
  }
}
