import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { type AppliedAnswer, answered } from '../deploy/answer.ts';
import type { HostDeployer } from '../deploy/host.ts';

const bodySchema = z.strictObject({
  proposal: z
    .string()
    .regex(/^[1-9][0-9]{0,19}$/)
    .optional(),
});

/** The order to look at once at what this host is to have. Answers with UserError `chain-not-open` while there is no chain. */
export function deploymentRoutes(app: FastifyInstance, deployer: () => HostDeployer | undefined): void {
  app.post('/v1/deployments', async (request): Promise<AppliedAnswer> => {
    const found = deployer();
    if (found === undefined) {
      throw new UserError('chain-not-open', 'The gatekeeper does not have the chain yet.', {
        nextSteps: ['Wait until `logos status` shows the chain, and give the order again.'],
      });
    }
    const { proposal } = bodySchema.parse(request.body);
    return answered(await found.pass({ again: true, only: proposal === undefined ? undefined : BigInt(proposal) }));
  });
}
