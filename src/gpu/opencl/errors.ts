/** Names of error codes (CL/cl.h), of those that a job meets. */
const NAMES: Readonly<Record<number, string>> = {
  [-3]: 'CL_COMPILER_NOT_AVAILABLE',
  [-4]: 'CL_MEM_OBJECT_ALLOCATION_FAILURE',
  [-5]: 'CL_OUT_OF_RESOURCES',
  [-6]: 'CL_OUT_OF_HOST_MEMORY',
  [-11]: 'CL_BUILD_PROGRAM_FAILURE',
  [-30]: 'CL_INVALID_VALUE',
  [-42]: 'CL_INVALID_BINARY',
  [-43]: 'CL_INVALID_BUILD_OPTIONS',
  [-45]: 'CL_INVALID_PROGRAM_EXECUTABLE',
  [-46]: 'CL_INVALID_KERNEL_NAME',
  [-49]: 'CL_INVALID_ARG_INDEX',
  [-50]: 'CL_INVALID_ARG_VALUE',
  [-51]: 'CL_INVALID_ARG_SIZE',
  [-52]: 'CL_INVALID_KERNEL_ARGS',
  [-53]: 'CL_INVALID_WORK_DIMENSION',
  [-54]: 'CL_INVALID_WORK_GROUP_SIZE',
  [-55]: 'CL_INVALID_WORK_ITEM_SIZE',
  [-61]: 'CL_INVALID_BUFFER_SIZE',
  [-63]: 'CL_INVALID_GLOBAL_WORK_SIZE',
};

/** A job that can't be done, with the code that its sender is told. */
export class JobError extends Error {
  readonly code: string;
  /** What the compiler said. */
  readonly log?: string;

  constructor(code: string, message: string, log?: string) {
    super(message);
    this.code = code;
    if (log !== undefined) this.log = log;
  }
}

/** Throws JobError `gpu-failed` for every status but success. */
export function check(status: number | undefined, what: string): void {
  if (status === 0 || status === undefined) return;
  throw new JobError('gpu-failed', `The device refused to ${what}: ${NAMES[status] ?? `OpenCL error ${status}`}.`);
}
