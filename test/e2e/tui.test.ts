import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { binaryElsewhere } from '../../lab/binary.ts';
import { type StatusServer, serveStatus } from '../../lab/status-server.ts';
import { openTerminal, type Terminal } from '../../lab/tmux.ts';
import { cellWidth } from '../../src/tui/text.ts';

/** `logos status` in a real terminal, looking at a service with 40 DVMs. */

let binary: Awaited<ReturnType<typeof binaryElsewhere>>;
let home: string;
let server: StatusServer;
let terminal: Terminal;

beforeAll(async () => {
  binary = await binaryElsewhere();
  return () => binary.remove();
});
beforeEach(async (ctx) => {
  if (!hasTmux()) ctx.skip('needs tmux');
  home = await mkdtemp(join(tmpdir(), 'logos-tui-'));
  server = await serveStatus({ home, dvms: 40 });
});
afterEach(async () => {
  await terminal?.close();
  await server?.close();
  await rm(home, { recursive: true, force: true });
});

function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V']);
    return true;
  } catch {
    return false;
  }
}

async function open(columns: number, rows: number, env: Record<string, string> = {}): Promise<void> {
  const command = [binary.path, 'status'];
  terminal = await openTerminal({ command, columns, rows, env: { LOGOS_HOME: home, ...env } });
}

/** A frame that is whole: header on the first row, keys on the one before the last, no row scrolled away or left over. */
function expectWhole(screen: readonly string[], columns: number, rows: number): void {
  expect(screen).toHaveLength(rows);
  for (const line of screen) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
  expect(screen[0]).toMatch(/^ logos {2}● providing/);
  expect(screen[rows - 2]).toMatch(/^ \? help/);
  expect(screen[rows - 1]?.trim()).toBe('');
  const text = screen.join('\n');
  for (const title of ['Lent and kept', 'Scores', 'Integrity', 'DVMs 40', 'Gatekeeper', 'Events']) {
    expect(text.split(`─ ${title} `)).toHaveLength(2);
  }
  // Every panel that opens is closed on its row.
  for (const line of screen.slice(1, -2)) expect(line).toMatch(/^[╭│╰].*[╮│╯]$/);
}

const SIZES = [
  [80, 24],
  [200, 60],
  [80, 24],
  [140, 30],
  [100, 50],
  [200, 60],
] as const;

describe('the dashboard', () => {
  it('fits the terminal at every size, also when that changes while it runs', async () => {
    await open(...SIZES[0]);
    for (const [columns, rows] of SIZES) {
      await terminal.resize(columns, rows);
      await terminal.until((text) => {
        const screen = text.split('\n');
        return (
          screen.length === rows && cellWidth(screen[1] ?? '') === columns && /\? help/.test(screen[rows - 2] ?? '')
        );
      });
      // Not only the first frame: nothing may creep in with the ones that follow.
      for (let second = 0; second < 3; second++) {
        expectWhole(await terminal.screen(), columns, rows);
        await new Promise((resolve) => setTimeout(resolve, 700));
      }
    }
  });

  it('says so in a terminal that is too small, and recovers', async () => {
    await open(60, 15);
    await terminal.until((text) => text.includes('enlarge it'));
    await terminal.resize(80, 24);
    await terminal.until((text) => text.includes('DVMs 40'));
    expectWhole(await terminal.screen(), 80, 24);
  });

  it('obeys keys, gives orders and leaves the terminal as it was', async () => {
    await open(100, 30);
    await terminal.until((text) => text.includes('DVMs 40'));
    await terminal.type('G');
    await terminal.until((text) => text.includes('dvm-40'));
    await terminal.type('/dvm-07');
    await terminal.press('Enter');
    await terminal.until((text) => text.includes('DVMs 1 of 40'));
    await terminal.press('Escape');
    // A key right behind Escape would be read as one with Alt.
    await terminal.until((text) => !text.includes('of 40'));
    await terminal.type(':dvm stop dvm-07');
    await terminal.press('Enter');
    await terminal.until((text) => text.includes('dvm stop dvm-07: done'));
    expect(server.orders).toEqual(['POST /v1/dvms/dvm-07/stop']);
    await terminal.type('?');
    await terminal.until((text) => text.includes('any key closes'));
    await terminal.press('Escape');
    await terminal.until((text) => text.includes('DVMs 40'));
    const pid = await terminal.pid();
    await terminal.type('q');
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });

  it('lives through a restart of the service', async () => {
    await open(80, 24);
    await terminal.until((text) => text.includes('DVMs 40'));
    await server.close();
    await terminal.until((text) => text.includes('logos provide'));
    server = await serveStatus({ home, dvms: 3 });
    await terminal.until((text) => text.includes('DVMs 3'));
  });

  it('has no colours under NO_COLOR', async () => {
    await open(80, 24, { NO_COLOR: '1' });
    await terminal.until((text) => text.includes('DVMs 40'));
    const screen = (await terminal.screen({ colours: true })).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
    expect(screen).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7])(?:;\d+)*m/);
    await terminal.close();
    await open(80, 24);
    await terminal.until((text) => text.includes('DVMs 40'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: and here they are
    expect((await terminal.screen({ colours: true })).join('\n')).toMatch(/\u001b\[32m/);
  });

  // What it costs is measured by `npm run bench` (4 % of a core is the aim); this only notices a dashboard that spins.
  it.each([
    [120, 60],
    [200, 60],
  ])('rests between two frames of 40 DVMs on %i×%i', async (columns, rows) => {
    await open(columns, rows);
    await terminal.until((text) => text.includes('DVMs 40'));
    const pid = await terminal.pid();
    // The first seconds compile and warm up.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await cpuShare(pid, 10_000)).toBeLessThan(0.2);
  });
});

/** CPU time over wall time of one process, proc(5). */
async function cpuShare(pid: number, ms: number): Promise<number> {
  const [before, started] = [cpuSeconds(pid), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, ms));
  return (cpuSeconds(pid) - before) / ((performance.now() - started) / 1_000);
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticksPerSecond = 100; // USER_HZ, the same on every Linux of this architecture
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
