import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inProject } from '../lib/paths.mjs';
import { ensureBinary } from '../lib/prepare.mjs';
import { rounded } from './figures.mjs';

/** What the dashboard costs with 40 DVMs on a large terminal, as a share of one core. The aim is 0.04. */
export default async function dashboard() {
  ensureBinary();
  const { serveStatus } = await import('../../lab/status-server.ts');
  const home = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  const service = await serveStatus({ home, dvms: 40 });
  try {
    return { columns: 200, rows: 60, dvms: 40, cpuShare: rounded(await dashboardShare(home), 4) };
  } finally {
    await service.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** CPU time over wall time of the dashboard in a terminal, after it has warmed up. */
async function dashboardShare(home) {
  const { openTerminal } = await import('../../lab/tmux.ts');
  const command = [inProject('dist/logos'), 'status'];
  const terminal = await openTerminal({ command, columns: 200, rows: 60, env: { LOGOS_HOME: home } });
  try {
    await terminal.until((text) => text.includes('DVMs 40'));
    await sleep(5_000);
    const pid = await terminal.pid();
    const [before, started] = [ticks(pid), performance.now()];
    await sleep(20_000);
    return (ticks(pid) - before) / 100 / ((performance.now() - started) / 1_000);
  } finally {
    await terminal.close();
  }
}

/** CPU time of a process in hundredths of a second, proc(5). */
function ticks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
