export { builtInRuntime, readRuntimeFile } from '../runtime-file.ts';
export { planUpgrade } from './plan.ts';
export { runUpgrade } from './run.ts';
