/** The part that makes and checks chain specifications; it loads the executor. */
export function openSpecifications(): Promise<typeof import('./spec/index.ts')> {
  return import('./spec/index.ts');
}
