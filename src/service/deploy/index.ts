export { applyDeployments } from './apply.ts';
export { planDeployment, planText } from './plan.ts';
export { decideDeployment, proposeDeployment } from './propose.ts';
export { openDeployChain } from './rules.ts';
export { deployStatus, deployStatusText } from './status.ts';
