/**
 * The foreign function interface (https://koffi.dev), loaded at the first use because it maps a native library.
 * In the binary its native part comes from an embedded asset (addon.ts); from source it is the npm package as it is.
 */
export async function loadKoffi(): Promise<typeof import('koffi')> {
  const module = await import('koffi');
  // One shape for both: bundled from CommonJS, the functions hang on `default` too.
  return 'default' in module ? (module.default as unknown as typeof import('koffi')) : module;
}
