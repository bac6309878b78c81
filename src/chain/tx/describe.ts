import type { TransactionPlan } from './plan.ts';

/** A plan in lines for people. */
export function describePlan(plan: TransactionPlan): string[] {
  const values = Object.entries(plan.arguments).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return [
    plan.call,
    ...values,
    `signed by ${plan.account}, which has ${plan.balance} Planck`,
    `fee about ${plan.fee} Planck`,
  ];
}
