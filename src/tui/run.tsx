import { join } from 'node:path';
import { render } from 'ink';
import { sendOrder } from '../service/api/client.ts';
import { composeStatus } from '../service/compose-status.ts';
import { askStatus } from '../service/fast-status.ts';
import type { Home } from '../system/home.ts';
import { Dashboard } from './dashboard.tsx';
import { themeFor } from './theme.ts';

/** Shows the dashboard of one instance on this terminal until the viewer leaves it. Needs a TTY on stdin and stdout. */
export async function runDashboard({ home }: { home: Home }): Promise<void> {
  const source = { ask: () => askStatus(join(home.run, 'status.sock')), recall: () => composeStatus(home) };
  const app = render(
    <Dashboard
      source={source}
      send={(order) => sendOrder(home, order)}
      showConsole={async (dvm) => (await import('./console.ts')).showConsole(home, dvm, process)}
      theme={themeFor(process.env)}
    />,
    // A CI variable in the environment of a terminal must not turn the dashboard off.
    { alternateScreen: true, interactive: true, incrementalRendering: true, maxFps: 15 },
  );
  await app.waitUntilExit();
}
