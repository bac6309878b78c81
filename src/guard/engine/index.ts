export { Baseline } from './baseline.ts';
export { checkBaseline, lineOf } from './check.ts';
export { dropProgramPages } from './lean.ts';
export { loadBaseline, refuseTarget, saveBaseline } from './store.ts';
export { takeBaseline } from './take.ts';
export type {
  EngineDeviation,
  EngineVerdict,
  Ready,
} from './types.ts';
export { watchBaseline } from './watch.ts';
