import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { libvirtOver } from '../../../src/hypervisor/connect.ts';
import { RpcConnection } from '../../../src/hypervisor/rpc/connection.ts';
import { FrameSplitter, frame } from '../../../src/hypervisor/rpc/frames.ts';
import {
  messageError,
  messageHeader,
  messageStatus,
  messageType,
  procedures,
  programs,
} from '../../../src/hypervisor/rpc/protocol.ts';
import { encode, type ValueOf, XdrReader } from '../../../src/hypervisor/rpc/xdr.ts';

type Header = ValueOf<typeof messageHeader>;
interface Peer {
  client: Duplex;
  server: Duplex;
  send(header: Partial<Header>, ...parts: Uint8Array[]): void;
}

/** The far end of a connection, which answers each message as the test says. */
function peer(answer: (header: Header, body: XdrReader, peer: Peer) => void = () => {}): Peer {
  const [client, server] = duplexPair();
  const splitter = new FrameSplitter();
  const self: Peer = {
    client,
    server,
    send: (header, ...parts) => {
      const base = { prog: programs.remoteProgram, vers: 1, proc: 0, type: messageType.reply, serial: 0, status: 0 };
      server.write(frame([encode(messageHeader, { ...base, ...header }), ...parts]));
    },
  };
  server.on('data', (chunk: Buffer) => {
    for (const message of splitter.push(chunk)) {
      const body = new XdrReader(message);
      answer(messageHeader.read(body), body, self);
    }
  });
  return self;
}

const failure = (code: number, domain: number, message: string): Buffer =>
  encode(messageError, {
    code,
    domain,
    message,
    level: 2,
    dom: null,
    str1: null,
    str2: null,
    str3: null,
    int1: 0,
    int2: 0,
    net: null,
  });

describe('RPC connection', () => {
  test('replies find their calls in any order', async () => {
    const waiting: Header[] = [];
    const { client } = peer((header, _body, { send }) => {
      waiting.push(header);
      if (waiting.length < 2) return;
      for (const { serial, proc } of waiting.reverse()) {
        send({ serial, proc }, encode(procedures.connectGetLibVersion.result, { libVer: BigInt(serial) }));
      }
    });
    const rpc = new RpcConnection(client);
    const calls = [1, 2].map(() => rpc.call(procedures.connectGetLibVersion, undefined));
    expect(await Promise.all(calls)).toEqual([{ libVer: 1n }, { libVer: 2n }]);
  });

  test('an error of libvirt keeps its numbers', async () => {
    const { client } = peer(({ serial, proc }, _body, { send }) =>
      send({ serial, proc, status: messageStatus.error }, failure(42, 10, 'Domain not found')),
    );
    const call = new RpcConnection(client).call(procedures.domainLookupByName, { name: 'x' });
    await expect(call).rejects.toMatchObject({ code: 'libvirt-error', errorNumber: 42, errorDomain: 10, status: 42 });
  });

  test('what waits is rejected when the connection ends, and what comes later too', async () => {
    const { client, server } = peer(() => server.destroy());
    const rpc = new RpcConnection(client);
    const ended = new Promise<string>((resolve) => rpc.onClose(({ code }) => resolve(code)));
    await expect(rpc.call(procedures.connectGetVersion, undefined)).rejects.toMatchObject({
      code: 'libvirt-connection-lost',
    });
    expect(await ended).toBe('libvirt-connection-lost');
    await expect(rpc.call(procedures.connectGetVersion, undefined)).rejects.toMatchObject({
      code: 'libvirt-connection-lost',
    });
  });

  test.each([
    ['a length beyond libvirt’s', Buffer.from('7fffffff', 'hex')],
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s ends the connection', async (_what, bytes) => {
    const { client, server } = peer(() => server.write(bytes));
    const call = new RpcConnection(client).call(procedures.connectGetVersion, undefined);
    await expect(call).rejects.toMatchObject({ code: 'libvirt-protocol' });
  });

  test('a daemon that does not answer is given up; its late answer harms nobody', async () => {
    let late: Header | undefined;
    const far = peer((header) => {
      late = header;
    });
    const rpc = new RpcConnection(far.client, { callTimeoutMs: 30 });
    await expect(rpc.call(procedures.connectGetVersion, undefined)).rejects.toMatchObject({ code: 'libvirt-timeout' });
    far.send({ serial: late?.serial ?? 0 }, encode(procedures.connectGetVersion.result, { hvVer: 1n }));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const next = rpc.call(procedures.connectGetVersion, undefined);
    far.send({ serial: 2 }, encode(procedures.connectGetVersion.result, { hvVer: 7n }));
    expect(await next).toEqual({ hvVer: 7n });
  });

  test('pings are answered, and a peer that answers none is given up', async () => {
    const heard: number[] = [];
    const far = peer(({ prog, proc }) => {
      if (prog === programs.keepaliveProgram) heard.push(proc);
    });
    const rpc = new RpcConnection(far.client, { keepAliveMs: 5 });
    far.send({ prog: programs.keepaliveProgram, proc: programs.keepaliveProcPing, type: messageType.message });
    await new Promise((resolve) => rpc.onClose(resolve));
    expect(heard).toContain(programs.keepaliveProcPong);
    expect(heard).toContain(programs.keepaliveProcPing);
  });

  test('a stream carries both ways, and its end and errors arrive', async () => {
    const written: string[] = [];
    const far = peer(({ serial, proc, type, status }, body, { send }) => {
      const stream = { serial, proc, type: messageType.stream };
      if (type === messageType.call) {
        send({ serial, proc });
        send({ ...stream, status: messageStatus.continue }, Buffer.from('hello '));
      } else if (status === messageStatus.continue) {
        written.push(body.rest().toString());
        send({ ...stream, status: messageStatus.continue }, Buffer.from('you'));
      } else send({ ...stream, status: messageStatus.ok });
    });
    const rpc = new RpcConnection(far.client);
    const dom = { name: 'x', uuid: new Uint8Array(16), id: 1 };
    const console = await rpc.openStream(procedures.domainOpenConsole, { dom, devName: null, flags: 0 });
    console.end('typed');
    let text = '';
    for await (const chunk of console) text += chunk;
    expect([text, written]).toEqual(['hello you', ['typed']]);
  });

  test('a reader that is slow holds the connection, and nothing is lost', async () => {
    const size = 100_000;
    const far = peer(({ serial, proc, type }, _body, { send }) => {
      if (type !== messageType.call) return;
      send({ serial, proc });
      for (let n = 0; n < 20; n += 1) {
        send({ serial, proc, type: messageType.stream, status: messageStatus.continue }, Buffer.alloc(size, n));
      }
      send({ serial, proc, type: messageType.stream, status: messageStatus.ok });
    });
    const rpc = new RpcConnection(far.client);
    const dom = { name: 'x', uuid: new Uint8Array(16), id: 1 };
    const console = await rpc.openStream(procedures.domainOpenConsole, { dom, devName: null, flags: 0 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(console.readableLength).toBeLessThan(20 * size);
    let total = 0;
    for await (const chunk of console) total += chunk.length;
    expect(total).toBe(20 * size);
  });

  test('SASL is refused, polkit is done', async () => {
    const seen: number[] = [];
    const answering = (types: number[]) =>
      peer(({ serial, proc }, _body, { send }) => {
        seen.push(proc);
        if (proc === procedures.authList.number) send({ serial, proc }, encode(procedures.authList.result, { types }));
        else if (proc === procedures.authPolkit.number)
          send({ serial, proc }, encode(procedures.authPolkit.result, { complete: 1 }));
        else send({ serial, proc });
      }).client;
    await expect(libvirtOver(answering([1]), { uri: 'qemu:///system' })).rejects.toMatchObject({
      code: 'libvirt-auth',
    });
    const libvirt = await libvirtOver(answering([2]), { uri: 'qemu:///system' });
    expect(seen.slice(-3)).toEqual([66, 70, 1]);
    await libvirt.close();
  });
});
