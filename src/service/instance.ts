import { createHash } from 'node:crypto';
import { type Home, homeFrom } from '../system/home.ts';

/**
 * What the names of this instance's units and scripts begin with: `logos` for the default LOGOS_HOME, else
 * `logos-` and eight hex digits of its path's SHA-256, so that instances live side by side.
 */
export function instanceName(home: Home): string {
  const isDefault = home.root === homeFrom({}, 0).root;
  return isDefault ? 'logos' : `logos-${createHash('sha256').update(home.root).digest('hex').slice(0, 8)}`;
}
