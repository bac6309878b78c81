export type { PlanItem } from './plan.ts';
export { type ProvideOptions, provide } from './provide.ts';
