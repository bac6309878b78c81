import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localExec } from '../../src/system/exec.ts';
import { cached, cachedPath } from '../debian-root.ts';

/** The platform of a region: its phases and roles. */
const PLATFORM = join(import.meta.dirname, '../../iac/ansible');
const REQUIREMENTS = join(PLATFORM, 'requirements.txt');

/** Finds its modules beside itself, wherever that is, and mitogen among them. */
const PROGRAM = `#!/usr/bin/python3
import os
import sys
from pathlib import Path
modules = str(Path(__file__).resolve().parent.parent / 'modules')
sys.path.insert(0, modules)
os.environ['PYTHONPATH'] = modules
os.environ.setdefault('ANSIBLE_STRATEGY_PLUGINS', modules + '/ansible_mitogen/plugins/strategy')
os.environ.setdefault('ANSIBLE_STRATEGY', 'mitogen_linear')
from ansible.cli.playbook import main
sys.exit(main())
`;

/** A directory with `bin/ansible-playbook` of the version that the platform wants; made once, outside the clone. */
export function regionAnsible(): Promise<string> {
  const path = cachedPath('region-ansible', [readFileSync(REQUIREMENTS, 'utf8'), PROGRAM]);
  return cached(path, async (building) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--root-user-action=ignore', '--no-deps', '--only-binary=:all:'];
    const target = ['--target', join(building, 'modules'), '--requirement', REQUIREMENTS];
    await localExec('/usr/bin/python3', [...pip, ...target], { timeout: 600_000 });
    await mkdir(join(building, 'bin'));
    await writeFile(join(building, 'bin/ansible-playbook'), PROGRAM);
    await chmod(join(building, 'bin/ansible-playbook'), 0o755);
  });
}
