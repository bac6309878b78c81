import type { Duplex } from 'node:stream';
import { ExternalError } from '../../system/errors.ts';

const LONGEST = 65_536;

/** The first line of a stream, without its end; what follows it stays to be read. Throws ExternalError `dvm-remote-lost`. */
export function firstLine(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const settle = (act: () => void): void => {
      stream.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', onEnd);
      act();
    };
    const onEnd = (cause?: unknown): void => settle(() => reject(remoteLost(cause)));
    const found = (end: number): void => {
      const rest = head.subarray(end + 1);
      if (rest.length > 0) stream.unshift(rest);
      resolve(head.toString('utf8', 0, end));
    };
    const onReadable = (): void => {
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\n');
        if (end < 0 && head.length < LONGEST) continue;
        if (end < 0) onEnd(new Error('no line of the protocol came'));
        else settle(() => found(end));
        return;
      }
    };
    stream.on('readable', onReadable).once('end', onEnd).once('close', onEnd).once('error', onEnd);
  });
}

export function remoteLost(cause?: unknown): ExternalError {
  const why = cause instanceof Error ? `: ${cause.message}` : '.';
  return new ExternalError('dvm-remote-lost', `The other host's program ended the connection${why}`, {
    cause,
    nextSteps: [
      'See that logos is installed there, and that its host can be reached.',
      'After a migration that broke off, run `logos dvm collect` on both hosts.',
    ],
  });
}
