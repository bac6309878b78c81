import { lookup } from 'node:dns/promises';
import { connect, createServer } from 'node:net';
import { LogosError } from '../../system/errors.ts';
import type { CheckContext, RunCheck } from './types.ts';

/** How long a name may take before it counts as not found, milliseconds. */
const LOOKUP_MS = 3_000;

/** The loopback interface is needed (the embedded chain, our own programs); the world beyond only for installing packages. */
export const checkNetwork: RunCheck = async (context) => {
  const fault = await loopbackFault();
  if (fault) {
    return {
      name: 'network',
      severity: 'error',
      message: `the loopback interface does not work: ${fault}`,
      hint: 'Bring it up: ip link set lo up.',
    };
  }
  const host = await packageHost(context);
  if (host === undefined) {
    return {
      name: 'network',
      severity: 'warning',
      message: 'loopback works; apt has no package source in the network',
      hint: 'Packages that are missing can only be installed from a medium.',
    };
  }
  if (!(await resolves(host))) {
    return {
      name: 'network',
      severity: 'warning',
      message: `loopback works; the name ${host} of the package source can't be resolved`,
      hint: 'Check the network and /etc/resolv.conf, or ignore this where a proxy resolves names.',
    };
  }
  return { name: 'network', severity: 'ok', message: `loopback works, ${host} resolves` };
};

function loopbackFault(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.end());
    const end = (fault?: string): void => {
      server.close();
      resolve(fault);
    };
    server.once('error', (error) => end(error.message));
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return end('no address was given');
      const socket = connect(address.port, '127.0.0.1');
      socket.once('error', (error) => end(error.message));
      socket.once('close', () => end());
      socket.resume();
    });
  });
}

/** The first host that apt fetches from. */
async function packageHost({ exec, signal }: CheckContext): Promise<string | undefined> {
  try {
    const { stdout } = await exec('apt-get', ['indextargets', '--format', '$(REPO_URI)'], { timeout: 10_000, signal });
    const uri = stdout.split('\n').find((line) => /^https?:\/\//.test(line));
    return uri === undefined ? undefined : new URL(uri).hostname;
  } catch (error) {
    if (error instanceof LogosError) return undefined;
    throw error;
  }
}

async function resolves(host: string): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LOOKUP_MS);
  });
  const found = lookup(host).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([found, late]);
  } finally {
    clearTimeout(timer);
  }
}
