import { ExternalError } from '../../system/errors.ts';
import type { messageError } from './protocol.ts';
import type { ValueOf } from './xdr.ts';

/** Numbers of libvirt's errors that this program acts upon (virterror.h, virErrorNumber). */
export const libvirtErrorNumber = {
  operationFailed: 9,
  noDomain: 42,
  operationInvalid: 55,
  domainExists: 20,
  authUnavailable: 79,
} as const;

/** An error that libvirt reported, with libvirt's own numbers (virterror.h). */
export class LibvirtError extends ExternalError {
  /** virErrorNumber: 42 is "no such domain". */
  readonly errorNumber: number;
  /** virErrorDomain: which part of libvirt, 10 is the QEMU driver. */
  readonly errorDomain: number;

  constructor(errorNumber: number, errorDomain: number, message: string) {
    super('libvirt-error', `libvirt: ${message} (error ${errorNumber}, domain ${errorDomain})`, {
      status: errorNumber,
      nextSteps: ['Run `logos doctor`; the log of libvirtd says more (docs/errors.md).'],
    });
    this.errorNumber = errorNumber;
    this.errorDomain = errorDomain;
  }
}

export function libvirtError(error: ValueOf<typeof messageError>): LibvirtError {
  return new LibvirtError(error.code, error.domain, error.message ?? 'unknown error');
}

export function isLibvirtError(error: unknown, errorNumber: number): boolean {
  return error instanceof LibvirtError && error.errorNumber === errorNumber;
}

export function connectionLost(cause?: unknown): ExternalError {
  return new ExternalError('libvirt-connection-lost', 'The connection to libvirt ended.', {
    cause,
    nextSteps: ['Its service manager starts it again by itself; run the command once more.'],
  });
}

export function protocolError(cause: unknown): ExternalError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ExternalError('libvirt-protocol', `What answered does not speak libvirt's protocol: ${why}`, {
    cause,
    nextSteps: ['See which program listens on the socket, and whether its version is supported (libvirt 8 or later).'],
  });
}
