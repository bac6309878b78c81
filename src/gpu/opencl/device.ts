import type { ComputeDevice } from '../devices/types.ts';
import { check } from './errors.ts';
import type { FoundDevice } from './info.ts';
import type { Handle, OpenCl } from './library.ts';

/** A device that is in use: its context and its queue, in which work is done in order. */
export interface OpenDevice {
  readonly cl: OpenCl;
  readonly device: ComputeDevice;
  readonly handle: Handle;
  readonly context: Handle;
  readonly queue: Handle;
  close(): void;
}

/** Throws JobError `gpu-failed`. */
export function openDevice(cl: OpenCl, { handle, device }: FoundDevice): OpenDevice {
  const error = new Int32Array(1);
  const context: Handle = cl.createContext(null, 1, new BigUint64Array([BigInt(handle)]), null, null, error);
  check(error[0], 'make a context');
  const queue: Handle = cl.createQueue(context, handle, 0n, error);
  check(error[0], 'make a queue');
  const close = () => {
    cl.releaseQueue(queue);
    cl.releaseContext(context);
  };
  return { cl, device, handle, context, queue, close };
}
