import { spawn } from 'node:child_process';
import { z } from 'zod';
import { ownCommand } from '../../system/process.ts';

const probeSchema = z.object({
  /** `denied`: it is there and this user may not open it. */
  device: z.enum(['absent', 'denied', 'open']),
  apiVersion: z.int().optional(),
  vmCreated: z.boolean().optional(),
  /** What a raw guest achieves, in million instructions a second: usable KVM gives hundreds. */
  rate: z.number().optional(),
  /** What stopped the probe. */
  error: z.string().optional(),
});

/** What /dev/kvm really does. */
export type KvmProbe = z.infer<typeof probeSchema>;

export interface ProbeOptions {
  /** Milliseconds that one step may take. Default 2,000. */
  deadlineMs?: number;
  /** Milliseconds that the child process may take to start, on a busy machine. Default 15,000. */
  startMs?: number;
  /** The program that runs the probe and prints JSON lines. Default: this program again. */
  command?: readonly string[];
  signal?: AbortSignal;
}

/**
 * Runs a raw guest in a child process, which is killed when a step takes too long: the kernel's answer may be to never answer. Never
 * throws for what the machine does or lacks; that is the result.
 */
export async function probeKvm(options: ProbeOptions = {}): Promise<KvmProbe> {
  options.signal?.throwIfAborted();
  const deadlineMs = options.deadlineMs ?? 2_000;
  const [file = process.execPath, ...args] = options.command ?? [...ownCommand(), 'internal', 'kvm-probe', '--json'];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'], env: process.env, signal: options.signal });
  let known: KvmProbe = { device: 'denied', error: 'the probe did not start' };
  let complete = false;
  let timedOut = false;
  let timer: NodeJS.Timeout | undefined;
  const wait = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, ms);
  };
  wait(options.startMs ?? 15_000);
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = (lines.pop() ?? '').slice(0, 65_536);
    for (const line of lines) {
      const step = parseLine(line);
      if (!step) continue;
      known = step.probe;
      complete = step.complete;
      wait(deadlineMs);
    }
  });
  const signalled = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', (_code, signal) => resolve(signal));
  });
  clearTimeout(timer);
  options.signal?.throwIfAborted();
  if (complete) return known;
  if (timedOut && known.device === 'open') return { ...known, error: `no answer within ${deadlineMs / 1000} s` };
  return { ...known, error: known.error ?? `the probe ended by ${signalled ?? 'itself'} before it was done` };
}

/** A line of the child: `{"event":"kvm","probe":{…},"complete":false}`; anything else is not for us. */
export function parseLine(line: string): { probe: KvmProbe; complete: boolean } | undefined {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const lineSchema = z.object({ event: z.literal('kvm'), probe: probeSchema, complete: z.boolean() });
