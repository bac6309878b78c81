import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import type { Finding } from './compare.ts';

/** statfs(2). */
const PROC_SUPER_MAGIC = 0x9fa0;
/** Variables by which another puts code into a process (ld.so(8), Node's command line API). */
const INJECTING = ['LD_PRELOAD', 'LD_AUDIT', 'LD_LIBRARY_PATH', 'NODE_OPTIONS', 'GCONV_PATH'];
const [TRACER, PID] = [/^TracerPid:\s*(\d+)$/m, /^Pid:\s*(\d+)$/m];
const LIBRARY_DIRECTORIES = /^\/(usr\/)?lib(32|64|x32)?\//;
/** The native part of the foreign function interface: from the binary's asset, removed once it was opened, or from the npm package. */
const OWN_ADDON = /\/logos-addon-[^/]+\/addon\.node \(deleted\)$|\/node_modules\/@koromix\/koffi-[^/]+\/.*koffi\.node$/;

/** What is wrong with this process: traced, preloaded, or with code in it that is not ours. */
export function selfFindings(): Finding[] {
  return tampered([...tracer(threads()), ...environment(), ...mapped()]);
}

/** The cheap part of it: the first thread, and the inspector. */
export function tracerFindings(): Finding[] {
  return tampered(tracer([`${process.pid}`]));
}

function tampered(found: readonly string[]): Finding[] {
  return found.map((what) => ({ kind: 'tampered', found: what }));
}

function tracer(looked: readonly string[]): string[] {
  const inspected = (process.getBuiltinModule('node:inspector') as { url(): string | undefined }).url();
  return [
    ...new Set(looked.flatMap(traced)),
    ...(inspected === undefined ? [] : [`its inspector listens at ${inspected}`]),
  ];
}

/** Each thread can be traced by itself. */
function threads(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [`${process.pid}`];
  }
}

/** A status that isn't this thread's was put over it, by a mount for example. */
function traced(thread: string): string[] {
  const status = text(`/proc/self/task/${thread}/status`);
  const tracer = TRACER.exec(status)?.[1];
  // A thread may end while we look.
  if (status === '' && thread !== `${process.pid}`) return [];
  if (PID.exec(status)?.[1] !== thread || tracer === undefined || !isProc(`/proc/self/task/${thread}/status`))
    return ['/proc/self/status is hidden from it'];
  return tracer === '0' ? [] : [`traced by process ${tracer}`];
}

/** Whether this is a file of the kernel's, and not one mounted over it. */
function isProc(path: string): boolean {
  try {
    return statfsSync(path).type === PROC_SUPER_MAGIC;
  } catch {
    return true;
  }
}

/** As the kernel keeps it: what was loaded before us can't have hidden it from there. */
function environment(): string[] {
  const names = text('/proc/self/environ')
    .split('\0')
    .map((line) => line.slice(0, Math.max(0, line.indexOf('='))));
  const preload = text('/etc/ld.so.preload').replace(/#.*/g, '').trim();
  return [
    ...INJECTING.filter((name) => names.includes(name)).map((name) => `started with ${name}`),
    ...(preload === '' ? [] : [`/etc/ld.so.preload names ${preload}`]),
  ];
}

/** Code from files that are neither this program nor libraries of the system. */
function mapped(): string[] {
  const files = new Set<string>();
  for (const line of text('/proc/self/maps').split('\n')) {
    const [, permissions = '', path = ''] = /^\S+ (\S+) \S+ \S+ \d+ +(\/.*)$/.exec(line) ?? [];
    if (permissions.includes('x')) files.add(path);
  }
  const strange = [...files].filter(
    (path) => path !== process.execPath && !LIBRARY_DIRECTORIES.test(path) && !OWN_ADDON.test(path),
  );
  return strange.map((path) => `code of ${path} is in it`);
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
