import type { LogosError } from '../system/errors.ts';
import type { PhaseEvent, ProgressEvent, ResultEvent } from '../system/progress.ts';

/** Shows one run of a command, to a script or to a person. */
export interface Renderer {
  progress(event: ProgressEvent): void;
  say(text: string): void;
  failure(error: LogosError, verbose: boolean): void;
  result(event: ResultEvent): void;
}

interface Streams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  env: NodeJS.ProcessEnv;
}

export function rendererFor(options: { json: boolean }, streams: Streams = process): Renderer {
  return options.json ? jsonRenderer(streams) : textRenderer(streams);
}

/** Only JSON goes to stdout; failures for people go to stderr only when asked for. */
function jsonRenderer({ stdout, stderr }: Streams): Renderer {
  const line = (event: ProgressEvent): void => {
    stdout.write(`${JSON.stringify(event)}\n`);
  };
  return {
    progress: line,
    say: () => {},
    failure: (error, verbose) => {
      if (verbose) stderr.write(`${stackOf(error)}\n`);
    },
    result: line,
  };
}

const MARK: Record<PhaseEvent['state'], { symbol: string; colour: number }> = {
  started: { symbol: '·', colour: 36 },
  ok: { symbol: '✓', colour: 32 },
  failed: { symbol: '✗', colour: 31 },
  skipped: { symbol: '–', colour: 33 },
};

function textRenderer({ stdout, stderr, env }: Streams): Renderer {
  // https://no-color.org: any non-empty value turns colour off.
  const colour = (code: number, text: string, stream: Streams['stdout']): string =>
    stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' ? `\u001B[${code}m${text}\u001B[0m` : text;
  return {
    progress: (event) => {
      if (event.event === 'phase') {
        const { symbol, colour: code } = MARK[event.state];
        const time = event.state === 'started' ? '' : `  ${(event.ms / 1000).toFixed(1)} s`;
        const summary = typeof event.detail.summary === 'string' ? `  ${event.detail.summary}` : '';
        stdout.write(`${colour(code, symbol, stdout)} ${event.phase.padEnd(10)}${summary}${time}\n`);
      } else if (event.event === 'note') {
        stdout.write(`  ${event.message}\n`);
      }
    },
    say: (text) => {
      stdout.write(`${text}\n`);
    },
    failure: (error, verbose) => {
      stderr.write(`${colour(31, 'Error', stderr)} (${error.code}): ${error.message}\n`);
      for (const step of error.nextSteps) stderr.write(`  → ${step}\n`);
      if (verbose) stderr.write(`${stackOf(error)}\n`);
    },
    result: () => {},
  };
}

function stackOf(error: LogosError): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
