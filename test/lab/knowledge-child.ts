import { connectChain } from '../../src/chain/index.ts';
import { openKnowledge } from '../../src/gatekeeper/index.ts';

/** A keeper that knowledge.test.ts kills: follows the chain of argv[2], keeps what it knows below argv[3]. */
const [url = '', gatekeeper = ''] = process.argv.slice(2);
const chain = await connectChain(url, { timeoutMs: 60_000 });
openKnowledge(
  { gatekeeper },
  chain.registry,
  async () => undefined,
  (event) => process.stdout.write(`${event.code}\n`),
);
process.stdout.write('open\n');
