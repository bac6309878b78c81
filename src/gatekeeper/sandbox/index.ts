export { FILES_AT } from './plan.ts';
export { sandboxedTools, type ToolOutcome, type ToolRun, type ToolRunner } from './run.ts';
export { type Sandbox, sandboxOf, sandboxSchema } from './spec.ts';
