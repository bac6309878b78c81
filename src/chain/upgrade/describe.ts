import type { UpgradePlan } from './plan.ts';

/** A plan in lines for people. */
export function describeUpgrade({ present, next, codeBytes, checks, way, authorised, done }: UpgradePlan): string[] {
  const steps =
    way === 'sudo'
      ? ['authorise the hash by sudo', 'send the runtime']
      : ['note the proposal as a preimage', 'submit the referendum', 'place the decision deposit'];
  return [
    `running  ${present.specName} ${present.specVersion}  code ${present.codeHash}`,
    `new      ${next.specName} ${next.specVersion}  code ${next.codeHash}  ${codeBytes} bytes`,
    ...checks.map((check) => `  ✓ ${check}`),
    ...(done ? [] : [`steps: ${(authorised ? ['send the runtime'] : steps).join(', ')}`]),
  ];
}
