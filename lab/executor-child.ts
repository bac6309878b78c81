import { connectChain } from '../src/chain/index.ts';
import { developmentKey } from '../src/chain/keys.ts';
import { executor } from '../src/gatekeeper/executor.ts';
import { accessValidator, parseGatekeeperDefinition, translate } from '../src/gatekeeper/index.ts';
import { openOutbox } from '../src/gatekeeper/outbox/index.ts';
import { validate } from '../src/gatekeeper/validate.ts';
import { assetText } from '../src/system/assets.ts';
import { systemClock } from '../src/system/clock.ts';

/**
 * One life of an executor whose account is the region's operator: sends what waits in the outbox for the hosts that it is told,
 * from access on, and ends when nothing does. Its parent may kill it at any moment.
 */
const [directory = '', url = '', ...hosts] = process.argv.slice(2);
const definition = parseGatekeeperDefinition(Buffer.from(assetText('chain/seed/network/client-gatekeeper.json')));
const outbox = await openOutbox(directory);
const chain = await connectChain(url, { timeoutMs: 60_000 });
const signer = await developmentKey('//Alice');
const { genesis } = chain.identity;
const access = accessValidator(definition, 0);
const retry = { ...definition.retry, timeoutMs: 600_000 };
const send = executor({ chain, signer, outbox, retry, clock: systemClock });

const waiting = (await Promise.all(hosts.map((account) => outbox.waiting({ account, genesis })))).flat();
process.send?.('sending');
const facts = { standing: 'admitted', compliance: { compliant: true }, pending: 0, resumed: true } as const;
const receipts = await Promise.all(
  waiting.map(async (request) => {
    const context = { ...facts, ...request.scope, now: systemClock.now() };
    const validated = await validate(access.admit(request, context), { definition });
    const receipt = await send.execute(translate(validated, definition));
    process.send?.('settled');
    return receipt;
  }),
);
const refused = receipts.filter(({ outcome }) => outcome !== 'accepted');
process.send?.({ sent: receipts.length, refused: refused.map(({ error }) => error?.message) });
await chain.close();
outbox.close();
process.disconnect();
