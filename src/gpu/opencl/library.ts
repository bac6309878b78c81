import { loadKoffi } from '../../system/native.ts';

const LIBRARY = 'libOpenCL.so.1';

/** An OpenCL handle (cl_device_id …): a pointer that only the library reads; koffi gives small ones as numbers. */
export type Handle = bigint | number;
export type OpenCl = Awaited<ReturnType<typeof openOpenCl>>;

/**
 * Binds the installed OpenCL loader, any vendor's devices behind it (Khronos, CL/cl.h). Every handle is a pointer-sized number.
 * Throws what dlopen says when there is none.
 */
export async function openOpenCl() {
  const koffi = await loadKoffi();
  const library = koffi.load(LIBRARY);
  const bind = (prototype: string) => library.func(prototype);
  return {
    koffi,
    library,
    getPlatforms: bind('int clGetPlatformIDs(uint32_t n, _Out_ uintptr_t *platforms, _Out_ uint32_t *count)'),
    getPlatformInfo: bind(
      'int clGetPlatformInfo(uintptr_t platform, uint32_t name, size_t size, _Out_ uint8_t *value, _Out_ size_t *used)',
    ),
    getDevices: bind(
      'int clGetDeviceIDs(uintptr_t platform, uint64_t type, uint32_t n, _Out_ uintptr_t *devices, _Out_ uint32_t *count)',
    ),
    getDeviceInfo: bind(
      'int clGetDeviceInfo(uintptr_t device, uint32_t name, size_t size, _Out_ uint8_t *value, _Out_ size_t *used)',
    ),
    createContext: bind(
      'uintptr_t clCreateContext(void *p, uint32_t n, uintptr_t *devices, void *notify, void *data, _Out_ int32_t *error)',
    ),
    createQueue: bind(
      'uintptr_t clCreateCommandQueue(uintptr_t context, uintptr_t device, uint64_t properties, _Out_ int32_t *error)',
    ),
    createProgram: bind(
      'uintptr_t clCreateProgramWithSource(uintptr_t context, uint32_t n, const char **text, size_t *length, _Out_ int32_t *error)',
    ),
    createProgramOfBinary: bind(
      'uintptr_t clCreateProgramWithBinary(uintptr_t context, uint32_t n, uintptr_t *devices, size_t *sizes, uintptr_t *binaries, _Out_ int32_t *status, _Out_ int32_t *error)',
    ),
    buildProgram: bind(
      'int clBuildProgram(uintptr_t program, uint32_t n, uintptr_t *devices, const char *flags, void *notify, void *data)',
    ),
    getBuildInfo: bind(
      'int clGetProgramBuildInfo(uintptr_t program, uintptr_t device, uint32_t name, size_t size, _Out_ uint8_t *value, _Out_ size_t *used)',
    ),
    getProgramInfo: bind(
      'int clGetProgramInfo(uintptr_t program, uint32_t name, size_t size, _Inout_ uint8_t *value, _Out_ size_t *used)',
    ),
    createKernel: bind('uintptr_t clCreateKernel(uintptr_t program, const char *name, _Out_ int32_t *error)'),
    getKernelInfo: bind(
      'int clGetKernelInfo(uintptr_t kernel, uint32_t name, size_t size, _Out_ uint8_t *value, _Out_ size_t *used)',
    ),
    getArgumentInfo: bind(
      'int clGetKernelArgInfo(uintptr_t kernel, uint32_t index, uint32_t name, size_t size, _Out_ uint8_t *value, _Out_ size_t *used)',
    ),
    setArgument: bind('int clSetKernelArg(uintptr_t kernel, uint32_t index, size_t size, const void *value)'),
    createBuffer: bind(
      'uintptr_t clCreateBuffer(uintptr_t context, uint64_t flags, size_t size, void *host, _Out_ int32_t *error)',
    ),
    mapBuffer: bind(
      'void *clEnqueueMapBuffer(uintptr_t queue, uintptr_t buffer, uint32_t wait, uint64_t flags, size_t offset, size_t size, uint32_t n, void *list, void *event, _Out_ int32_t *error)',
    ),
    unmap: bind(
      'int clEnqueueUnmapMemObject(uintptr_t queue, uintptr_t buffer, void *mapped, uint32_t n, void *list, void *event)',
    ),
    enqueue: bind(
      'int clEnqueueNDRangeKernel(uintptr_t queue, uintptr_t kernel, uint32_t dims, size_t *offset, size_t *global, size_t *local, uint32_t n, void *wait, void *event)',
    ),
    finish: bind('int clFinish(uintptr_t queue)'),
    releaseContext: bind('int clReleaseContext(uintptr_t context)'),
    releaseQueue: bind('int clReleaseCommandQueue(uintptr_t queue)'),
    releaseProgram: bind('int clReleaseProgram(uintptr_t program)'),
    releaseKernel: bind('int clReleaseKernel(uintptr_t kernel)'),
    releaseBuffer: bind('int clReleaseMemObject(uintptr_t buffer)'),
  };
}
