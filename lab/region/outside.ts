import { localExec } from '../../src/system/exec.ts';
import type { LabNetwork } from '../network.ts';
import { LAB_OUTSIDE } from './definition.ts';

/** A host outside of a lab's region, where its guests' networks lead to. */
export interface Outside {
  /** Waits until an address answers there three times running (ICMP echo); gives how long that took, in seconds. */
  answers(address: string): Promise<number>;
}

const WAIT_MS = 3_600_000;

/** Adds one to the lab's switches, with the address that routers send to what is outside. It goes with the network. */
export async function startOutside(network: LabNetwork): Promise<Outside> {
  const { command } = await network.host({ tunnels: true });
  const exec = (...words: string[]) => {
    const [program = '', ...rest] = [...command, ...words];
    return localExec(program, rest, { timeout: WAIT_MS });
  };
  await exec('ip', 'address', 'add', `${LAB_OUTSIDE.gateway}/24`, 'dev', 'eth1');
  return { answers: async (address) => Number((await exec('python3', '-c', ECHO, address)).stdout) };
}

/** Echo request and reply of RFC 792; this machine need not have ping(8). */
const ECHO = `
import socket, struct, sys, time

def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff

def echo(address, number):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        body = struct.pack('!HH', 4711, number)
        request = struct.pack('!BBH', 8, 0, checksum(struct.pack('!BBH', 8, 0, 0) + body)) + body
        deadline = time.monotonic() + 1
        try:
            raw.sendto(request, (address, 0))
            while time.monotonic() < deadline:
                raw.settimeout(max(deadline - time.monotonic(), 0.01))
                answer = raw.recv(200)
                if answer[20] == 0 and answer[24:28] == body:
                    return True
        except OSError:
            pass
    time.sleep(0.1)
    return False

began, right, number = time.monotonic(), 0, 0
while right < 3:
    number = (number + 1) % 65536
    right = right + 1 if echo(sys.argv[1], number) else 0
print('%.1f' % (time.monotonic() - began))
`;
