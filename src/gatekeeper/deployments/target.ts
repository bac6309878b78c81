import { z } from 'zod';
import { DocumentFault } from '../documents/index.ts';

/** The contract's own rule for targets, but no empty, `.` or `..` part (contracts/deployment/src/types.rs). */
export const targetSchema = z
  .string()
  .max(128)
  .regex(/^[a-z0-9][a-z0-9.-]*(?:\/[a-z0-9][a-z0-9.-]*)+$/, 'a target such as region/network');

/** What decides which targets a host belongs to: all of it stands on chain. */
export interface TargetHost {
  /** The account's public key, 64 hexadecimal digits. */
  readonly publicKey: string;
  readonly class: string;
  readonly path: string;
}

const FORMS = 'region/NAME, class/CLASS/NAME, path/PATH/NAME or host/PUBLIC-KEY/NAME';

/**
 * Whether a host belongs to a target: `region/NAME` are all hosts of the region, `class/CLASS/NAME` those of a resource class,
 * `path/PATH/NAME` those that provide by a path (kvm, qemu, gpu), `host/PUBLIC-KEY/NAME` one host.
 */
export function belongsTo(target: string, host: TargetHost): boolean {
  const [group, which, ...name] = target.split('/');
  if (group === 'region') return which !== undefined;
  if (name.length === 0) return false;
  if (group === 'class') return which === host.class;
  if (group === 'path') return which === host.path;
  return group === 'host' && which === host.publicKey;
}

/** Throws DocumentFault for a target that no host can belong to. */
export function checkTarget(target: string): void {
  const [group, which = '', ...name] = target.split('/');
  const right =
    (group === 'region' && which !== '') ||
    (name.length > 0 &&
      (group === 'class' ||
        (group === 'path' && ['kvm', 'qemu', 'gpu'].includes(which)) ||
        (group === 'host' && /^[0-9a-f]{64}$/.test(which))));
  if (!right) throw new DocumentFault('forbidden', `no host can belong to this target: write ${FORMS}`, '/target');
}
