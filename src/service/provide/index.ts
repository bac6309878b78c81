export type { PlanItem } from './plan.ts';
export { provide } from './provide.ts';
