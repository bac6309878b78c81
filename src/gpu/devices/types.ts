/** A device that runs compute kernels, as its driver describes it; `null` is what the driver doesn't say. */
export interface ComputeDevice {
  readonly name: string;
  readonly platform: string;
  readonly api: 'opencl' | 'rocm';
  readonly memoryBytes: number | null;
  readonly computeUnits: number | null;
  readonly vendor: string;
  /** An OpenCL driver may also offer the CPU as a device. */
  readonly kind: 'gpu' | 'accelerator' | 'cpu' | 'other';
  /** Of the API that the device offers, such as `OpenCL 3.0 …`. */
  readonly version: string | null;
  readonly driver: string | null;
  /** Of the kernel language, such as `OpenCL C 1.2 …`. */
  readonly languageVersion: string | null;
  /** Intermediate languages that it takes in place of source, such as `SPIR-V_1.2`. */
  readonly intermediate: readonly string[];
  readonly clockMHz: number | null;
  readonly limits: {
    readonly allocationBytes: number | null;
    readonly localMemoryBytes: number | null;
    readonly workGroupSize: number | null;
    readonly workItemSizes: readonly number[];
  };
}

/** What was found, and why a way of looking found nothing: a missing library is the usual reason. */
export interface DeviceList {
  readonly devices: readonly ComputeDevice[];
  readonly notes: readonly string[];
}
