import type { Readable } from 'node:stream';

/** What bwrap(1) says of its run on `--json-status-fd`. */
export interface SandboxStatus {
  /** The first process inside, whose only child the tool is. */
  pid?: number;
  /** How the tool ended; absent where it was never begun. */
  exitCode?: number;
}

/** Follows it until it is closed; `status` is filled in as it comes. */
export async function followStatus(stream: Readable, status: SandboxStatus): Promise<void> {
  let text = '';
  for await (const chunk of stream) {
    text += Buffer.from(chunk as Uint8Array).toString('latin1');
    status.pid ??= numberAfter(text, 'child-pid');
    status.exitCode ??= numberAfter(text, 'exit-code');
  }
}

function numberAfter(text: string, name: string): number | undefined {
  const [, digits] = new RegExp(`"${name}": ?(\\d+)[ ,}]`).exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
