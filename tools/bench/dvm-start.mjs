import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from '../lib/paths.mjs';
import { ensureBinary } from '../lib/prepare.mjs';
import { median, rounded } from './figures.mjs';

const READY = /LOGOS-DVM-READY \S+/;

/**
 * From the command to the guest's line: `logos dvm start` beside `virsh create --console` with the same domain on the same libvirtd, in
 * turn, so that a change of the machine's speed hits both; the CPU time of command and guest together, which other programs' load does not
 * change much, beside the wall time; and what our processes (the private libvirtd is one) hold with one DVM and
 * with several. The aims are a ratio of at most 1.15 and at most 5 MB a DVM.
 */
export default async function dvmStart({ rounds = 7, dvms = 4 } = {}) {
  ensureBinary();
  const { SHARED_CACHE } = await import('../../lab/instance.ts');
  const { startLibvirtLab } = await import('../../lab/libvirt.ts');
  const { prepareGuestImage } = await import('../../src/hypervisor/index.ts');
  const { localExec } = await import('../../src/system/exec.ts');
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  const lab = await startLibvirtLab({ cache: SHARED_CACHE });
  try {
    await prepareGuestImage(lab.home, localExec);
    return await measure(lab, directory, rounds, dvms);
  } finally {
    await lab.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(lab, directory, rounds, dvms) {
  const { stopAllDvms } = await import('../../src/hypervisor/index.ts');
  const libvirt = await lab.connect();
  const env = { ...process.env, LOGOS_HOME: lab.home.root, LOGOS_CACHE: lab.home.cache };
  const stop = () => stopAllDvms(libvirt, { graceMs: 0, journal: lab.journal });
  const started = (name) => inTerminal(inProject('dist/logos'), ['dvm', 'start', name], env);
  // The first guest also has libvirt ask QEMU what it can do; its definition is the one that virsh gets.
  await started('bench');
  const [domain] = await libvirt.listDomains();
  const file = join(directory, 'domain.xml');
  writeFileSync(file, await plainDefinition(libvirt, domain));
  await stop();
  const virsh = ['-c', `qemu+unix:///system?socket=${join(lab.home.libvirt, 'run/libvirt-sock')}`];
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const one = {};
    // Who goes first changes with each round.
    for (const who of round % 2 ? ['virsh', 'logos'] : ['logos', 'virsh']) {
      const { ms, cpuMs } =
        who === 'logos'
          ? await started(`bench-${round}`)
          : await inTerminal('virsh', [...virsh, 'create', file, '--console'], env);
      const [guest] = await libvirt.listDomains();
      one[who] = { ms, cpuMs: cpuMs + (await libvirt.domainInfo(guest)).cpuSeconds * 1_000 };
      await stop();
    }
    times.push(one);
    process.stderr.write(`${JSON.stringify(one)}\n`);
  }
  await started('one');
  const withOne = pssMB(lab.pid);
  for (let count = 2; count <= dvms; count += 1) await started(`more-${count}`);
  const withAll = pssMB(lab.pid);
  await stop();
  await libvirt.close();
  const middle = (of) => median(times.map(of));
  return {
    rounds,
    logosMs: rounded(
      middle(({ logos }) => logos.ms),
      0,
    ),
    virshMs: rounded(
      middle((one) => one.virsh.ms),
      0,
    ),
    ratio: rounded(
      middle((one) => one.logos.ms / one.virsh.ms),
      3,
    ),
    cpuRatio: rounded(
      middle((one) => one.logos.cpuMs / one.virsh.cpuMs),
      3,
    ),
    ourMemoryMB: {
      dvms,
      withOne: rounded(withOne),
      withAll: rounded(withAll),
      each: rounded((withAll - withOne) / (dvms - 1)),
    },
  };
}

/** What a person would have written down of it: without what libvirt filled in for one run, with another number. */
async function plainDefinition(libvirt, domain) {
  const xml = await libvirt.domainXml(domain);
  return xml
    .replace(/<uuid>[^<]*<\/uuid>/, `<uuid>${randomUUID()}</uuid>`)
    .replace(/<domain ([^>]*) id='\d+'/, '<domain $1');
}

/** Milliseconds until a program at a terminal shows the guest's line, and of CPU time until it ends: it is ended when it does not by itself. */
async function inTerminal(program, args, env) {
  const { openTerminal } = await import('../../lab/terminal.ts');
  const began = performance.now();
  const timed = ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', program, ...args];
  const terminal = openTerminal('bash', timed, { env: { ...env, LC_ALL: 'C' }, columns: 200 });
  let text = '';
  let ms;
  const ended = new Promise((resolve) => terminal.onExit(resolve));
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${program} showed only: ${text}`)), 300_000);
    const finish = (act) => {
      clearTimeout(timer);
      act();
    };
    terminal.onData((data) => {
      text += data;
      if (ms !== undefined || !READY.test(text)) return;
      ms = performance.now() - began;
      finish(resolve);
    });
    terminal.onExit(() =>
      finish(() => (ms === undefined ? reject(new Error(`${program} ended: ${text}`)) : resolve())),
    );
  });
  // virsh stays at the console.
  if (program === 'virsh') terminal.write('\u001d');
  await ended;
  const [, user, system] = /cpu (\d+\.\d+) (\d+\.\d+)/.exec(text) ?? [];
  return { ms, cpuMs: (Number(user) + Number(system)) * 1_000 };
}

/**
 * Memory of a process and of all that it started but QEMU, each page shared fairly (proc(5), smaps_rollup), in MB. What is not of a file,
 * because the share of a library depends on how many other programs of the machine use it at the moment.
 */
function pssMB(root) {
  return family(root)
    .filter((pid) => !/qemu/.test(readText(`/proc/${pid}/comm`)))
    .map((pid) => readText(`/proc/${pid}/smaps_rollup`))
    .flatMap((text) => [...text.matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+) kB/gm)])
    .reduce((sum, [, kilobytes]) => sum + (Number(kilobytes) * 1024) / 1e6, 0);
}

function family(root) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(/\) \S (\d+)/.exec(readText(`/proc/${name}/stat`))?.[1]) }));
  const below = (pid) => [pid, ...parents.filter(({ parent }) => parent === pid).flatMap((child) => below(child.pid))];
  return below(root);
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
