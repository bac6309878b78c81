import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { migrateDvm } from '../src/hypervisor/index.ts';
import { withDvmHost, withOtherHost } from '../src/service/dvm-host.ts';
import { homeFrom } from '../src/system/home.ts';

/**
 * Moves a DVM as `logos dvm migrate` does, but says when it is there and not running yet, and then waits for a line: whoever listens
 * to its console has to open another one.
 */
const [name = '', to = ''] = process.argv.slice(2);
const said = createInterface({ input: process.stdin });
const say = (event: string, value: object = {}) => process.stdout.write(`${JSON.stringify({ event, ...value })}\n`);
try {
  const moved = await withDvmHost(homeFrom(), (source) =>
    withOtherHost(to, ({ host, link }) =>
      migrateDvm(source, host, name, {
        link,
        onIncoming: async () => {
          say('incoming');
          await once(said, 'line');
        },
      }),
    ),
  );
  say('moved', { moved });
} catch (error) {
  say('failed', { code: (error as { code?: string }).code, why: String(error) });
}
said.close();
