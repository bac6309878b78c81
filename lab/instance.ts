import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../src/host/paths/server.ts';

/** Downloads and kernels that all instances of a test run share. */
export const SHARED_CACHE =
  process.env.LOGOS_TEST_CACHE ?? join(process.env.HOME ?? '/root', '.cache/logos-build/guest');

export interface JsonLine {
  event: string;
  phase?: string;
  state?: string;
  ok?: boolean;
  error?: { code: string; message: string; nextSteps: string[] };
  detail?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface Run {
  code: number | null;
  lines: JsonLine[];
  stderr: string;
  result: JsonLine | undefined;
}

/** One instance of the built program, with a home and a chain port of its own. */
export class Instance {
  readonly home: string;
  readonly port: number;
  /** What is run; a test may put something around the program. */
  binary: string;

  static async create(binary: string): Promise<Instance> {
    return new Instance(binary, mkdtempSync(join(tmpdir(), 'logos-e2e-')), await freePort());
  }

  private constructor(binary: string, parent: string, port: number) {
    this.binary = binary;
    this.home = join(parent, 'home');
    this.port = port;
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, LOGOS_HOME: this.home, LOGOS_CACHE: SHARED_CACHE };
  }

  get provideArgs(): string[] {
    return ['provide', '--chain', 'dev', '--chain-port', String(this.port), '--yes', '--json'];
  }

  start(args: readonly string[]): ChildProcess {
    return spawn(this.binary, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  }

  /** Runs a command with `--json` to its end. `onLine` sees each line as it comes. */
  run(args: readonly string[], onLine: (line: JsonLine, child: ChildProcess) => void = () => {}): Promise<Run> {
    const child = this.start(args);
    const lines: JsonLine[] = [];
    let [rest, stderr] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      const parts = (rest + part).split('\n');
      rest = parts.pop() ?? '';
      for (const text of parts) {
        const line = JSON.parse(text) as JsonLine;
        lines.push(line);
        onLine(line, child);
      }
    });
    child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      stderr += part;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        resolve({ code, lines, stderr, result: lines.findLast((line) => line.event === 'result') }),
      );
    });
  }

  status(): Record<string, unknown> & { service: Record<string, { pid: number; state: string } | null> } {
    const text = execFileSync(this.binary, ['status', '--json'], { env: this.env, encoding: 'utf8', cwd: '/' });
    return JSON.parse(text.split('\n')[0] ?? '');
  }

  /** Undoes everything and removes the parent directory too. */
  async dispose(): Promise<Run> {
    const run = await this.run(['reset', '--yes', '--json']);
    // The journal is what could still put this machine right.
    if (!run.result?.ok) throw new Error(`reset of ${this.home} failed: ${JSON.stringify(run.result)} ${run.stderr}`);
    rmSync(join(this.home, '..'), { recursive: true, force: true });
    return run;
  }
}
