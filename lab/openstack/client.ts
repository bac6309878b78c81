import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localExec } from '../../src/system/exec.ts';
import { cached, cachedPath } from '../debian-root.ts';
import type { LabMachine } from '../machine.ts';
import type { Credentials } from './api.ts';
import { REGION_NAME } from './common-settings.ts';

const REQUIREMENTS = join(import.meta.dirname, 'client-requirements.txt');

/** What pip would write as the program, but for the first lines: it finds its modules beside itself, wherever that is. */
const PROGRAM = `#!/usr/bin/python3
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'modules'))
from openstackclient.shell import main
sys.exit(main())
`;

/** Directories of the machine that `installClient` writes to. */
export const CLIENT_WRITES = ['/opt', '/usr/local/bin'];

/** Installs the OpenStack project's own client on a machine of the lab, as `/usr/local/bin/openstack`. */
export async function installClient({ exec }: LabMachine): Promise<void> {
  const place = '/opt/openstack-client';
  await exec('mkdir', ['-p', place]);
  await exec('mount', ['--bind', '-o', 'ro', await clientDirectory(), place]);
  await exec('ln', ['-s', `${place}/bin/openstack`, '/usr/local/bin/openstack']);
}

/** What the client needs to know of the cloud and of who asks: lines of NAME=value. */
export function openrc(authUrl: string, { username, password, project }: Credentials): string {
  const values = {
    OS_AUTH_URL: authUrl,
    OS_USERNAME: username,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: project,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: REGION_NAME,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** The client from PyPI with all that it needs, made once and kept outside the clone. */
export function clientDirectory(): Promise<string> {
  const path = cachedPath('openstack-client', [readFileSync(REQUIREMENTS, 'utf8'), PROGRAM]);
  return cached(path, async (building) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--root-user-action=ignore', '--no-deps', '--only-binary=:all:'];
    const target = ['--target', join(building, 'modules'), '--requirement', REQUIREMENTS];
    await localExec('/usr/bin/python3', [...pip, ...target], { timeout: 600_000 });
    await mkdir(join(building, 'bin'));
    await writeFile(join(building, 'bin/openstack'), PROGRAM);
    await chmod(join(building, 'bin/openstack'), 0o755);
  });
}
