import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { composeStatus } from '../../../src/service/compose-status.ts';
import { EventLog } from '../../../src/service/event-log.ts';
import { loadTopic, saveTopic } from '../../../src/service/state.ts';
import { statusText } from '../../../src/service/status-text.ts';
import { rotateLog } from '../../../src/service/supervisor/log-files.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';
import { tryKernelLock } from '../../../src/system/kernel-lock.ts';

let home: Home;
beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-state-')) });
});
afterEach(() => rm(home.root, { recursive: true }));

test('a topic is kept, and a damaged one is named', async () => {
  const schema = z.object({ class: z.string() });
  expect(await loadTopic(home, 'provide', schema)).toBeUndefined();
  await saveTopic(home, 'provide', { class: 'compute-s' });
  expect(await loadTopic(home, 'provide', schema)).toEqual({ class: 'compute-s' });
  await writeFile(join(home.state, 'provide.json'), '{"class":7}');
  await expect(loadTopic(home, 'provide', schema)).rejects.toMatchObject({ code: 'state-damaged' });
});

test('events are kept in order, within bounds, and past lines that are not events', async () => {
  const log = new EventLog(home);
  await log.append({ severity: 'info', source: 'ng', text: 'first' });
  const path = join(home.state, 'events.jsonl');
  await writeFile(path, `${await readFile(path, 'utf8')}garbage\n{"half":`, { flag: 'w' });
  await log.append({ severity: 'info', source: 'ng', text: 'lost in the torn line' });
  await log.append({ severity: 'error', source: 'ngd', text: 'second' });
  expect((await log.recent()).map(({ text }) => text)).toEqual(['first', 'second']);
  const old = JSON.stringify({ at: 'x', severity: 'info', source: 'ng', text: 'x'.repeat(600) });
  await writeFile(path, `${old}\n`.repeat(700));
  await log.append({ severity: 'info', source: 'ng', text: 'last' });
  expect(await log.recent(1_000)).toHaveLength(500);
  expect((await log.recent(1))[0]?.text).toBe('last');
});

test('a full log is set aside under its writer', async () => {
  await writeFile(join(home.root, 'x'), '');
  const { openLog, logFile } = await import('../../../src/service/supervisor/log-files.ts');
  const { closeSync, writeSync } = await import('node:fs');
  const file = openLog(home, 'ng');
  writeSync(file, 'old\n'.repeat(50));
  await rotateLog(home, 'ng', 100);
  writeSync(file, 'new\n');
  closeSync(file);
  expect(await readFile(logFile(home, 'ng'), 'utf8')).toBe('new\n');
  expect(await readFile(`${logFile(home, 'ng')}.1`, 'utf8')).toBe('old\n'.repeat(50));
  await rotateLog(home, 'absent', 100);
});

test('a kernel lock has one holder, and ends with it', async () => {
  const path = join(home.root, 'lock');
  const first = await tryKernelLock(path);
  expect(await tryKernelLock(path)).toBeUndefined();
  first?.release();
  const winners = (await Promise.all(Array.from({ length: 5 }, () => tryKernelLock(path)))).filter(Boolean);
  expect(winners).toHaveLength(1);
  winners[0]?.release();
});

test('text has at most 80 columns and no control characters', () => {
  const nasty = `\u001b[31m${'long words '.repeat(30)}${'x'.repeat(200)}`;
  const empty = composeStatus(home);
  const text = statusText({
    ...empty,
    state: 'degraded',
    message: nasty,
    chain: { name: nasty, height: 7, finalized: 6 },
    lent: { cpuCores: 1.4999, memoryMiB: 2048, cpuUsed: 0.333, memoryUsedMiB: 100 },
    scores: [{ name: 'cpuSingle', value: 1234.567, unit: 'points', share: 0.9 }],
    dvms: [{ name: 'web-1', uuid: 'u', state: 'running', path: 'qemu', vcpus: 1, memoryMiB: 128, cpuSeconds: 3 }],
    events: [{ at: '2026-01-01T10:20:30.000Z', severity: 'info', source: 'ng', text: nasty }],
  });
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  expect(text).toContain('web-1  running  1 vCPU  128 MiB  qemu');
  expect(text).toContain('1.5 cores, 2048 MiB (in use: 0.33 cores, 100 MiB)');
  expect(statusText(empty)).toContain('State       stopped');
});
