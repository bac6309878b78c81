import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { render } from 'ink-testing-library';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StatusServer, serveStatus } from '../../../lab/status-server.ts';
import { sendOrder } from '../../../src/service/api/client.ts';
import { composeStatus } from '../../../src/service/compose-status.ts';
import { askStatus } from '../../../src/service/fast-status.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Dashboard } from '../../../src/tui/dashboard.tsx';
import { themeFor } from '../../../src/tui/theme.ts';

let root: string;
let server: StatusServer | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-tui-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(root, { recursive: true, force: true });
});

/** The dashboard on the sockets of `root`, asking ten times a second. */
function open() {
  const home = homeFrom({ LOGOS_HOME: root });
  const source = { ask: () => askStatus(join(home.run, 'status.sock')), recall: () => composeStatus(home) };
  const app = render(
    <Dashboard
      source={source}
      send={(order) => sendOrder(home, order)}
      showConsole={async (dvm) => ({ tone: 'dim', text: `console of ${dvm}: left` })}
      theme={themeFor({ NO_COLOR: '1' })}
      intervalMs={100}
    />,
  );
  const shows = (text: string | RegExp) => vi.waitFor(() => expect(app.lastFrame()).toMatch(text), { timeout: 5_000 });
  // Ink listens to keys only after its effects ran.
  const type = async (text: string) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    app.stdin.write(text);
  };
  return { ...app, shows, type };
}

describe('the dashboard', () => {
  it('shows what the service says', async () => {
    server = await serveStatus({ home: root, dvms: 40 });
    const app = open();
    await app.shows('● providing');
    for (const text of ['compute-s', 'qemu', 'logos-dev #1,2', 'DVMs 40', 'dvm-01', 'intact', 'Gatekeeper'])
      await app.shows(text);
    app.unmount();
  });

  it('says how to start a service that is stopped, and follows it when it runs', async () => {
    const app = open();
    await app.shows('Start it with: logos provide');
    server = await serveStatus({ home: root, dvms: 1 });
    await app.shows('● providing');
    await server.close();
    server = undefined;
    await app.shows('Start it with: logos provide');
    app.unmount();
  });

  it('sends orders and shows the answer', async () => {
    server = await serveStatus({ home: root, dvms: 2 });
    const app = open();
    await app.shows('DVMs 2');
    await app.type(':dvm stop dvm-02\r');
    await app.shows('dvm stop dvm-02: done');
    expect(server.orders).toEqual(['POST /v1/dvms/dvm-02/stop']);
    app.unmount();
  });

  it('shows why an order was refused', async () => {
    server = await serveStatus({ home: root, dvms: 2, refuse: 'the chain forbids it' });
    const app = open();
    await app.shows('DVMs 2');
    await app.type(':pause');
    await app.type('\r');
    await app.shows('pause: the chain forbids it');
    app.unmount();
  });

  it('tells an order that nobody takes', async () => {
    const app = open();
    await app.shows('Start it with');
    await app.type(':stop\r');
    await app.shows('stop: The gatekeeper');
    app.unmount();
  });

  it('filters, helps and leaves', async () => {
    server = await serveStatus({ home: root, dvms: 40 });
    const app = open();
    await app.shows('DVMs 40');
    await app.type('/dvm-3');
    await app.shows('DVMs 10 of 40');
    await app.type('\u001B');
    await app.shows('DVMs 40');
    await app.type('?');
    await app.shows('any key closes');
    await app.type('x');
    await app.shows('DVMs 40');
    app.unmount();
  });
});
