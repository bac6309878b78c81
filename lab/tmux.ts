import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real terminal of a given size with one program in it: its own tmux server, so that nothing is shared with the user's. */
export interface Terminal {
  /** What it shows now, one string a row; with `colours`, escape sequences are kept. */
  screen(options?: { colours?: boolean }): Promise<string[]>;
  /** Types text as it is. */
  type(text: string): Promise<void>;
  /** Presses a key by tmux's name: `Enter`, `Escape`, `Up`, `C-c`, … */
  press(key: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** The process that runs in it. */
  pid(): Promise<number>;
  /** Waits until the screen satisfies the condition; fails with what it shows. */
  until(condition: (screen: string) => boolean, timeoutMs?: number): Promise<string[]>;
  close(): Promise<void>;
}

let terminals = 0;

/** Starts `command` in a terminal. The server ends with `close`, or with the program. */
export async function openTerminal(options: {
  command: readonly string[];
  columns: number;
  rows: number;
  env?: Readonly<Record<string, string>>;
}): Promise<Terminal> {
  terminals += 1;
  const server = `logos-test-${process.pid}-${terminals}`;
  const tmux = async (...args: string[]): Promise<string> => (await run('tmux', ['-L', server, ...args])).stdout;
  const environment = Object.entries({ LANG: 'C.UTF-8', ...options.env }).flatMap(([name, value]) => [
    '-e',
    `${name}=${value}`,
  ]);
  const size = ['-x', String(options.columns), '-y', String(options.rows)];
  await tmux('-f', '/dev/null', '-u', 'new-session', '-d', ...size, ...environment, '--', ...options.command);
  await tmux('set-option', '-g', 'status', 'off');
  // Without its status line the window gets the whole size only when it is asked for again.
  await tmux('resize-window', ...size);

  const screen: Terminal['screen'] = async ({ colours = false } = {}) => {
    const text = await tmux('capture-pane', '-p', ...(colours ? ['-e'] : []));
    return text.replace(/\n$/, '').split('\n');
  };
  return {
    screen,
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    press: async (key) => void (await tmux('send-keys', key)),
    resize: async (columns, rows) => void (await tmux('resize-window', '-x', String(columns), '-y', String(rows))),
    pid: async () => Number(await tmux('display-message', '-p', '#{pane_pid}')),
    until: async (condition, timeoutMs = 15_000) => {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const lines = await screen();
        if (condition(lines.join('\n'))) return lines;
        if (performance.now() > deadline) throw new Error(`The terminal does not show it:\n${lines.join('\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    close: async () => void (await tmux('kill-server').catch(() => undefined)),
  };
}
