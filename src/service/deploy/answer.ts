import type { DeploymentPass } from '../../gatekeeper/index.ts';

/** What became of each target, as it goes over the local API. */
export interface AppliedAnswer {
  readonly height: number;
  readonly steps: readonly (Omit<DeploymentPass['steps'][number], 'proposal'> & { readonly proposal: string })[];
}

/** Ids are larger than JSON's numbers. */
export function answered({ height, steps }: DeploymentPass): AppliedAnswer {
  return { height, steps: steps.map((step) => ({ ...step, proposal: `${step.proposal}` })) };
}
