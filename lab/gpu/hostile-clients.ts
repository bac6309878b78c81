import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that breaks the conversation: what it does with a connection on which the service has said hello. */
export interface HostileClient {
  readonly name: string;
  act(socket: Socket): Promise<void>;
}

const JOB = 1;
const CANCEL = 6;
const DATA = 8;

function head(kind: number, length: number): Buffer {
  const bytes = Buffer.from([0x4c, 0x47, 1, kind, 0, 0, 0, 0]);
  bytes.writeUInt32BE(length, 4);
  return bytes;
}

function frame(kind: number, payload: string | Uint8Array): Buffer {
  return Buffer.concat([head(kind, Buffer.from(payload).length), Buffer.from(payload)]);
}

function job(programBytes: number, bufferBytes = 0, seconds = 0.5): Buffer {
  const buffers = bufferBytes === 0 ? [] : [{ bytes: bufferBytes, input: true }];
  const args = buffers.map((_, buffer) => ({ buffer }));
  const launches = [{ kernel: 'k', args, global: [1] }];
  return frame(JOB, JSON.stringify({ program: { kind: 'source', bytes: programBytes }, buffers, launches, seconds }));
}

const SOURCE = '__kernel void k(__global int *a) { for (;;) a[0]++; }';
const GIB = 2 ** 30;

/** Writes as long as the service reads; ends when it cuts the connection. */
async function pour(socket: Socket, bytes: number): Promise<void> {
  const part = frame(DATA, Buffer.alloc(2 ** 20, 0x20));
  for (let left = bytes; left > 0 && !socket.destroyed && socket.writable; left -= 2 ** 20)
    if (!socket.write(part))
      await new Promise<void>((resolve) => {
        const goOn = () => {
          socket.off('drain', goOn).off('close', goOn);
          resolve();
        };
        socket.once('drain', goOn).once('close', goOn);
      });
}

const says = (name: string, ...parts: readonly (string | Uint8Array)[]): HostileClient => ({
  name,
  async act(socket) {
    for (const part of parts) socket.write(part);
    socket.end();
    await once(socket, 'close');
  },
});

export const HOSTILE_CLIENTS: readonly HostileClient[] = [
  says('speaks HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  says('says nothing'),
  says('half a head', head(JOB, 10).subarray(0, 5)),
  says('half a job', job(10).subarray(0, 40)),
  says('another version', Buffer.from([0x4c, 0x47, 9, JOB, 0, 0, 0, 0])),
  says('an unknown kind', head(200, 0)),
  says('a frame of 4 GiB', head(JOB, 0xffff_ffff)),
  says('data of 4 GiB', job(100), head(DATA, 0xffff_ffff)),
  says('JSON that is none', frame(JOB, '{"program":')),
  says('JSON so deep', frame(JOB, '['.repeat(200_000))),
  says('a job that is null', frame(JOB, 'null')),
  says('a prototype', frame(JOB, '{"__proto__":{"program":1},"constructor":{}}')),
  says('data without a job', frame(DATA, 'x'.repeat(1_000))),
  says('a result', frame(4, '{}')),
  says('a job in a job', job(100), job(100)),
  says('cancels nothing', frame(CANCEL, '{}'), frame(CANCEL, '{}')),
  says('more program than announced', job(4), frame(DATA, SOURCE)),
  says('leaves before its program is whole', job(10_000), frame(DATA, SOURCE)),
  {
    name: 'a GiB of source',
    async act(socket) {
      socket.write(job(GIB));
      await pour(socket, GIB);
      socket.destroy();
    },
  },
  {
    name: 'leaves in the middle of its input',
    async act(socket) {
      socket.write(Buffer.concat([job(SOURCE.length, 2 ** 24), frame(DATA, SOURCE)]));
      await once(socket, 'data');
      socket.write(frame(DATA, Buffer.alloc(2 ** 20)));
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
    },
  },
  {
    name: 'leaves in the middle of its job',
    async act(socket) {
      socket.write(Buffer.concat([job(SOURCE.length, 4, 60), frame(DATA, SOURCE)]));
      await once(socket, 'data');
      socket.write(frame(DATA, Buffer.alloc(4)));
      await new Promise((resolve) => setTimeout(resolve, 300));
      socket.destroy();
    },
  },
  {
    name: 'resets the connection',
    async act(socket) {
      socket.write(job(100));
      socket.resetAndDestroy();
    },
  },
];

/** Connects, waits for the service's hello, and lets the client do its worst. */
export async function beHostile({ act }: HostileClient, address: { host: string; port: number }): Promise<void> {
  const socket = connect(address);
  socket.on('error', () => {});
  await once(socket, 'data');
  socket.on('data', () => {});
  // The service may cut it off in the middle.
  await act(socket).catch(() => {});
  socket.destroy();
}
