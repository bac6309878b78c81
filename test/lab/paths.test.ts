import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHARED_CACHE } from '../../lab/instance.ts';
import { type LibvirtLab, libvirtLabNeeds, startLibvirtLab } from '../../lab/libvirt.ts';
import { serveStatus } from '../../lab/status-server.ts';
import { openTerminal, type Terminal } from '../../lab/tmux.ts';
import { reportHtml, reportLines } from '../../src/host/index.ts';
import { type GuestImage, type Libvirt, prepareGuestImage, READY_LINE, startDvm } from '../../src/hypervisor/index.ts';
import { compareHostPaths } from '../../src/service/index.ts';
import { localExec } from '../../src/system/exec.ts';
import { Journal } from '../../src/system/journal.ts';

const ENTRY = join(import.meta.dirname, '../../bin/dev.js');
const lacks = libvirtLabNeeds() ?? (existsSync('/usr/bin/tmux') ? undefined : 'needs tmux');
/** Emulated guests on a busy machine are slow; what is waited for is an event. */
const PATIENCE = 180_000;

describe.skipIf(lacks)(`paths and consoles${lacks ? `: ${lacks}` : ''}`, () => {
  let lab: LibvirtLab;
  let libvirt: Libvirt;
  let image: GuestImage;

  beforeAll(async () => {
    lab = await startLibvirtLab({ cache: SHARED_CACHE });
    libvirt = await lab.connect();
    image = await prepareGuestImage(lab.home, localExec);
  });
  afterAll(() => lab?.close());

  test('every path is tried; a guest and its host do the same work; nothing stays', { timeout: 600_000 }, async () => {
    const notes: string[] = [];
    const comparison = await compareHostPaths({
      home: lab.home,
      progress: (event) => notes.push(event.event),
      signal: new AbortController().signal,
      effort: {
        boots: 1,
        rounds: 1,
        seconds: 0.1,
        works: ['cpu', 'diskRead', 'network'],
        gpuSizes: { matmul: [640], triad: [] },
      },
    });
    expect(comparison.paths.map(({ path }) => path)).toEqual(['kvm', 'qemu', 'gpu']);
    const [kvm, qemu, gpu] = comparison.paths;
    expect(qemu).toMatchObject({ accelerator: 'tcg', works: true });
    expect(qemu?.guest?.boots).toHaveLength(1);
    expect(qemu?.guest?.works.map(({ name }) => name)).toEqual(['cpu', 'diskRead', 'network']);
    for (const work of qemu?.guest?.works ?? []) {
      expect(work.host.rate).toBeGreaterThan(0);
      expect(work.guest.rate).toBeGreaterThan(0);
    }
    // An emulated processor that keeps up with the real one was not emulated, or not measured.
    expect(qemu?.guest?.works[0]?.efficiency).toBeLessThan(1);
    // What does not work has its reason, measured where it could be tried.
    for (const path of [kvm, gpu]) expect(path?.works === true || (path?.reason.length ?? 0) > 10).toBe(true);
    if (gpu?.gpu) expect(gpu.gpu.jobs[0]).toMatchObject({ name: 'matmul', size: 640 });
    const html = reportHtml(comparison);
    expect(html).toContain('<svg');
    expect(html).toContain('qemu: CPU');
    expect(reportLines(comparison).join('\n')).toContain('Mround/s');
    expect((await new Journal(lab.home.journal).pending()).filter(({ kind }) => kind === 'domain')).toEqual([]);
    expect(await libvirt.listDomains()).toEqual([]);
  });

  test('a console at 80×24, by itself and from the dashboard', { timeout: 600_000 }, async () => {
    const { kernel, initramfs } = image;
    await startDvm(
      libvirt,
      { name: 'dvm-01', vcpus: 1, memoryMiB: 128, path: 'qemu', kernel, initramfs },
      { readyLine: READY_LINE, deadlineMs: PATIENCE, journal: lab.journal },
    );
    const env = { LOGOS_HOME: lab.home.root };
    const size = { columns: 80, rows: 24 };
    const logos = `${process.execPath} ${ENTRY}`;
    // The terminal outlives the command, so that it can be seen what the command leaves behind.
    const alone = await openTerminal({
      ...size,
      env,
      command: ['sh', '-c', `${logos} dvm console dvm-01; echo left=$?; stty -a; exec sleep 600`],
    });
    try {
      await talk(alone, 'cli');
      await alone.press('C-]');
      const screen = await alone.until((text) => /left=0/.test(text) && /icanon/.test(text), PATIENCE);
      expect(screen.join('\n')).toMatch(/[^-]icanon/);
    } finally {
      await alone.close();
    }

    const server = await serveStatus({ home: lab.home.root, dvms: 3 });
    const dashboard = await openTerminal({ ...size, env, command: [process.execPath, ENTRY, 'status'] });
    try {
      await dashboard.until((text) => text.includes('DVMs 3'), PATIENCE);
      await dashboard.type('c');
      await dashboard.until((text) => text.includes('Console of dvm-01'), PATIENCE);
      await talk(dashboard, 'tui');
      await dashboard.press('C-]');
      await dashboard.until((text) => text.includes('console of dvm-01: left') && text.includes('DVMs 3'), PATIENCE);
      // The second one is no guest of this libvirt: that is said, and the dashboard goes on.
      await dashboard.type('jc');
      await dashboard.until((text) => text.includes('There is no DVM dvm-02'), PATIENCE);
      // Keys are the dashboard's again, and a second visit works like the first.
      await dashboard.type('kc');
      await dashboard.until((text) => text.includes('Console of dvm-01'), PATIENCE);
      await dashboard.type('echo again-$((40+3))\n');
      await dashboard.until((text) => text.includes('again-43'), PATIENCE);
      await dashboard.press('C-]');
      await dashboard.until((text) => text.includes('DVMs 3'), PATIENCE);
      const pid = await dashboard.pid();
      await dashboard.type('q');
      await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: PATIENCE }).toBe(false);
    } finally {
      await dashboard.close();
      await server.close();
    }
  });
});

/** Types, interrupts a program of the guest's, changes the terminal's size, and is answered each time. */
async function talk(terminal: Terminal, word: string): Promise<void> {
  await terminal.until((text) => text.includes('dvm#'), PATIENCE);
  await terminal.type(`echo ${word}-$((40+2))\n`);
  await terminal.until((text) => text.includes(`${word}-42`), PATIENCE);
  // Ctrl-C is the guest's: it ends the guest's program and not ours.
  await terminal.type(`echo ${word}-sleeps-$((1+1)); sleep 9999\n`);
  await terminal.until((text) => text.includes(`${word}-sleeps-2`), PATIENCE);
  await terminal.press('C-c');
  await terminal.type(`echo ${word}-awake-$((1+1))\n`);
  await terminal.until((text) => text.includes(`${word}-awake-2`), PATIENCE);
  await terminal.resize(100, 30);
  await terminal.type(`echo ${word}-larger-$((1+1))\n`);
  await terminal.until((text) => text.includes(`${word}-larger-2`), PATIENCE);
  await terminal.resize(80, 24);
}
