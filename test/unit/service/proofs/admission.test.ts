import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startExaminer } from '../../../../src/service/proofs/examiner.ts';
import { Link } from '../../../../src/service/proofs/link.ts';
import type { ExaminerChain } from '../../../../src/service/proofs/rounds.ts';

const nobody = async (): Promise<never> => {
  throw new Error('nobody is admitted here');
};
const chain: ExaminerChain = { rules: nobody, finalBlock: nobody, admitted: nobody };

let stop: AbortController;
let slept: { ms: number; wake(): void }[];
let examiner: Awaited<ReturnType<typeof startExaminer>>;
beforeEach(async () => {
  stop = new AbortController();
  slept = [];
  const clock = {
    now: () => 0,
    sleep: (ms: number) => new Promise<void>((wake) => void slept.push({ ms, wake })),
  };
  const { signal } = stop;
  examiner = await startExaminer({ chain, host: '127.0.0.1', port: 0, report: () => {}, signal, clock });
});
afterEach(async () => {
  stop.abort();
  await examiner.closed;
});

/** A connection that has its nonce. */
async function visitor(): Promise<Socket> {
  const socket = connect(examiner.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'data');
  return socket;
}

const gone = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

test('whoever does not say who it is has ten seconds for it', async () => {
  const socket = await visitor();
  expect(slept.map(({ ms }) => ms)).toEqual([10_000]);
  const closed = gone(socket);
  slept[0]?.wake();
  await closed;
});

test('whoever is not admitted may not send lines without end', async () => {
  const socket = await visitor();
  const closed = gone(socket);
  socket.write(Buffer.alloc(2 ** 20, 0x20));
  socket.write(Buffer.alloc(2 ** 16, 0x20));
  await closed;
});

test('a machine that may take weeks to fill its disk is waited for', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(port, '127.0.0.1');
  const [socket] = await accepted;
  const link = new Link(socket);
  const asked = link.ask({ kind: 'plot', plot: { seed: '00'.repeat(32), unitKiB: 4, passes: 2, units: 1 } }, 2 ** 40);
  // Node waits 1 ms where it is told to wait for longer than it can.
  await once(client, 'data');
  await new Promise((resolve) => setTimeout(resolve, 30));
  link.answered(0, { kind: 'plot', units: 1 });
  expect((await asked).answer).toEqual({ kind: 'plot', units: 1 });
  client.destroy();
  link.close();
  server.close();
});
