import type { Duplex } from 'node:stream';
import { ConsoleLines } from './console-lines.ts';

/** Ctrl-], as in telnet and virsh. */
const ESCAPE = 0x1d;

/** A guest may have left colours, a hidden cursor or a scroll region behind (DECSTR). */
const RESET = '\u001B[!p';

interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

/** A person at a terminal: every key goes to the guest, until Ctrl-] or the end of the console. */
export async function interactiveConsole(
  console: Duplex,
  { stdin, stdout }: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const raw = stdin.isRaw;
  stdin.setRawMode(true);
  const onKeys = (typed: Buffer | string): void => {
    // Text, where somebody has set the terminal's encoding before.
    const keys = Buffer.from(typed as string);
    const end = keys.indexOf(ESCAPE);
    console.write(end < 0 ? keys : keys.subarray(0, end));
    if (end >= 0) console.destroy();
  };
  const cancel = (): void => {
    console.destroy();
  };
  stdin.on('data', onKeys);
  // Whoever had the terminal before may have paused it and let go of it.
  stdin.resume();
  stdin.ref();
  signal.addEventListener('abort', cancel);
  try {
    console.pipe(stdout, { end: false });
    // The guest printed its prompt before anybody was there to see it.
    console.write('\r');
    await ended(console);
  } finally {
    stdin.off('data', onKeys);
    signal.removeEventListener('abort', cancel);
    console.unpipe(stdout);
    stdout.write(RESET);
    stdin.setRawMode(raw);
    stdin.pause();
    // Node stops reading a little later; whoever listens to the terminal next would be stopped with it.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * A script: what comes in goes to the guest, what the guest prints comes out line by line as plain text. The guest does not tell when it
 * has answered, so after the end of the input it has `lingerMs` of silence to go on.
 */
export async function pipedConsole(
  console: Duplex,
  input: AsyncIterable<Buffer | string>,
  print: (line: string) => void,
  options: { lingerMs: number; signal: AbortSignal },
): Promise<void> {
  let heard = performance.now();
  const cancel = (): void => {
    console.destroy();
  };
  options.signal.addEventListener('abort', cancel);
  const lines = new ConsoleLines(console, print);
  console.on('data', () => {
    heard = performance.now();
  });
  const done = ended(console);
  try {
    for await (const chunk of input) {
      if (console.destroyed) break;
      if (!console.write(chunk)) await Promise.race([drained(console), done]);
    }
    heard = performance.now();
    while (!console.destroyed && !console.readableEnded && performance.now() - heard < options.lingerMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.destroy();
    await done;
    const rest = lines.partial();
    if (rest !== '') print(rest);
  } finally {
    options.signal.removeEventListener('abort', cancel);
  }
}

function drained(console: Duplex): Promise<void> {
  return new Promise((resolve) => {
    console.once('drain', resolve);
  });
}

/** The console's end, for whatever reason; an error of the connection is thrown. */
function ended(console: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    console.once('error', reject);
    console.once('end', resolve);
    console.once('close', resolve);
  });
}
