import type { ServerResponse } from 'node:http';
import type { StatusDocument, StatusMessage } from '../status-document.ts';

interface Source {
  status(): StatusDocument | Promise<StatusDocument>;
  subscribe(listener: (message: StatusMessage) => void): () => void;
}

/** A reader that lets this much pile up does not read. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** A comment line now and then: it finds readers that are gone. */
const KEEP_ALIVE_MS = 15_000;

/** The open streams of `GET /v1/events`: server-sent events, first the whole status (HTML Living Standard, 9.2). */
export class EventStreams {
  readonly #source: Source;
  readonly #open = new Set<ServerResponse>();

  constructor(source: Source) {
    this.#source = source;
  }

  async add(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'close' });
    this.#open.add(response);
    const send = (text: string): void => {
      if (response.writableLength > MAX_BACKLOG_BYTES) response.destroy();
      else response.write(text);
    };
    const end = this.#source.subscribe((message) => send(line(message)));
    const alive = setInterval(() => send(': still here\n\n'), KEEP_ALIVE_MS);
    response.on('error', () => response.destroy());
    response.once('close', () => {
      clearInterval(alive);
      end();
      this.#open.delete(response);
    });
    try {
      send(line({ type: 'status', status: await this.#source.status() }));
    } catch {
      response.destroy(); // it asks again, and may be luckier
    }
  }

  close(): void {
    for (const response of this.#open) response.end();
  }
}

function line(message: StatusMessage): string {
  return `event: ${message.type}\ndata: ${JSON.stringify(message.type === 'status' ? message.status : message.event)}\n\n`;
}
