import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';

/** Ten years for the CA, and two for a host. */
const [CA_DAYS, HOST_DAYS] = ['3650', '730'];
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/**
 * Makes a certification authority in `directory`, unless it is there, and for each host a directory of its own with what it needs, in
 * libvirt's names (`cacert.pem`, `servercert.pem`, `serverkey.pem`, `clientcert.pem`, `clientkey.pem`). Keys are root's to read.
 * Gives the hosts' directories. Throws UserError `dvm-uri-invalid`, and as Exec does.
 */
export async function certify(directory: string, hosts: readonly string[], exec: Exec): Promise<string[]> {
  for (const host of hosts) {
    if (isIP(host) !== 0 || HOST_NAME.test(host)) continue;
    throw new UserError('dvm-uri-invalid', `${JSON.stringify(host)} is no host's name or address.`, {
      nextSteps: ['Give the name or address by which the other hosts reach it.'],
    });
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const [ca, caKey] = [join(directory, 'cacert.pem'), join(directory, 'cakey.pem')];
  if (!(await isThere(ca))) {
    const made = ['-keyout', caKey, '-out', ca, '-subj', '/CN=logos DVM hosts'];
    const uses = ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign'];
    await exec('openssl', [
      'req',
      '-x509',
      '-days',
      CA_DAYS,
      ...KEY,
      ...made,
      ...uses.flatMap((use) => ['-addext', use]),
    ]);
    await chmod(caKey, 0o600);
  }
  const made: string[] = [];
  for (const host of hosts) {
    const own = join(directory, host.replaceAll(':', '-'));
    await mkdir(own, { recursive: true, mode: 0o700 });
    await copyFile(ca, join(own, 'cacert.pem'));
    for (const side of ['server', 'client'] as const) await sign({ directory, own, host, side }, exec);
    made.push(own);
  }
  return made;
}

async function sign(
  { directory, own, host, side }: { directory: string; own: string; host: string; side: 'server' | 'client' },
  exec: Exec,
): Promise<void> {
  const work = await mkdtemp(join(directory, '.new-'));
  const file = (name: string) => join(work, name);
  try {
    await exec('openssl', [
      'req',
      '-new',
      ...KEY,
      '-keyout',
      file('key'),
      '-out',
      file('request'),
      '-subj',
      `/CN=${host}`,
    ]);
    const uses = [
      `subjectAltName=${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`,
      `extendedKeyUsage=${side}Auth`,
      'keyUsage=critical,digitalSignature',
      'basicConstraints=critical,CA:FALSE',
    ];
    await writeFile(file('uses'), `${uses.join('\n')}\n`);
    const signer = ['-CA', join(directory, 'cacert.pem'), '-CAkey', join(directory, 'cakey.pem')];
    const into = ['-extfile', file('uses'), '-days', HOST_DAYS, '-out', join(own, `${side}cert.pem`)];
    await exec('openssl', ['x509', '-req', '-in', file('request'), ...signer, ...into]);
    await copyFile(file('key'), join(own, `${side}key.pem`));
    await chmod(join(own, `${side}key.pem`), 0o600);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
