import { join } from 'node:path';
import type { Home } from '../../system/home.ts';
import type { UnitDirectives } from '../definitions.ts';
import { quotedPath } from '../systemd/unit-file.ts';
import { guardKeys } from './answer-attest.ts';

/**
 * What the gatekeeper's unit must not touch of NGd (systemd.exec(5)): it sees the guard's directory read-only, where its cut,
 * its pin and what it proved are, and what unlocks the guard's key not at all. That keeps out whoever got the gatekeeper to
 * write or read a file; not one who runs code in it with the right to mount, which its tools' sandboxes need.
 */
export function keptFromGatekeeper(home: Home): UnitDirectives {
  return {
    ReadOnlyPaths: quotedPath(home.guard),
    InaccessiblePaths: quotedPath(join(guardKeys(home), 'passphrase')),
  };
}
