import { z } from 'zod';

/** A native command by its operation's name, such as `kubeadm/join`, or all of a library: `kubeadm/*`. */
export const acceptedCommand = z
  .string()
  .max(63)
  .regex(/^[a-z0-9-]+\/(?:\*|[a-z0-9-]+(?:\/[a-z0-9-]+)*)$/);

/** Whether a gatekeeper's definition names an operation. */
export function isAccepted(operation: string, accepted: readonly string[]): boolean {
  const [library = ''] = operation.split('/', 1);
  return accepted.includes(operation) || accepted.includes(`${library}/*`);
}
