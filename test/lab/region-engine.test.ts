import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { done, failed, type Line, type Run, type SmallRegion, startSmallRegion } from '../../lab/region/small.ts';
import { nativeToolsLack } from '../../lab/tools.ts';

/**
 * `logos region` from its command line, with Debian's ansible-playbook, over OpenSSH to four hosts that are reached by nothing else.
 * The tree is a small one, so that breaking a run off at a known place takes no time; test/region/bootstrap.test.ts runs the real one.
 */
const PHASES = ['base', 'acceptance'];
const NAMES = ['s1', 's2', 's3', 's4'];
const lack = nativeToolsLack({ installed: ['/usr/bin/ansible-playbook', '/usr/sbin/sshd'] });

let region: SmallRegion;
let { root, hosts, start, logos, everywhere } = {} as SmallRegion;
let closure: string;

/** Each phase writes, waits while there is a gate, and writes again. */
function playbook(phase: string): string {
  return JSON.stringify([
    {
      hosts: 'region',
      gather_facts: false,
      tasks: [
        {
          name: 'Begin',
          'ansible.builtin.copy': {
            content: '{{ region.name }} {{ secrets.rabbitmq | length }}',
            dest: `/srv/${phase}`,
          },
        },
        {
          name: 'Wait',
          'ansible.builtin.command': `sh -c 'touch /run/at-${phase}-{{ lookup("env", "LOGOS_REGION_RUN") }}; while [ -e /run/gate-${phase} ]; do sleep 0.1; done'`,
          changed_when: false,
        },
        { name: 'End', 'ansible.builtin.copy': { content: '{{ server.address }}', dest: `/srv/${phase}-done` } },
      ],
    },
  ]);
}

const undo = (phase: string): string =>
  JSON.stringify([
    {
      hosts: 'region',
      gather_facts: false,
      tasks: [phase, `${phase}-done`].map((file) => ({
        name: `Remove ${file}`,
        'ansible.builtin.file': { path: `/srv/${file}`, state: 'absent' },
      })),
    },
  ]);

const tree = () => join(root, 'tree');
const definition = () => join(root, 'lab.yaml');

/** A plugin of the operator's own, which Ansible loads from its home without being asked to; it leaves a trace. */
const ownPlugin = () => `from pathlib import Path
from ansible.plugins.vars import BaseVarsPlugin
Path('${join(root, 'loaded')}').write_text('')
class VarsModule(BaseVarsPlugin):
    def get_vars(self, loader, path, entities, cache=True):
        return {}
`;

const reach = () => ['-i', join(root, 'key'), '--platform', tree(), '--closure-hash', closure, '--yes'];
const bootstrap = (...args: string[]) => start('bootstrap', definition(), ...reach(), ...args);

/** Waits until a run says that a host began a phase. */
function begun({ child, ended }: Run, phase: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.split('\n').some((line) => line.includes(`"${phase}"`) && line.includes('Begin: changed'))) resolve();
    });
    void ended.then(({ stdout, stderr }) => reject(new Error(`it ended before ${phase} began:\n${stdout}\n${stderr}`)));
  });
}

beforeAll(async () => {
  if (lack !== undefined) return;
  region = await startSmallRegion(NAMES);
  ({ root, hosts, start, logos, everywhere } = region);
  await mkdir(join(root, 'user/.ansible/plugins/vars'), { recursive: true });
  await writeFile(join(root, 'user/.ansible/plugins/vars/own.py'), ownPlugin());
  for (const phase of PHASES) {
    await region.put(`phases/${phase}.yml`, playbook(phase));
    if (phase === 'acceptance') await region.put(`phases/undo/${phase}.yml`, undo(phase));
  }
  const told = await logos('init', definition(), ...region.wishes());
  closure = told.at(-1)?.closure as string;
}, 600_000);

afterAll(() => region?.close());

beforeEach((context) => {
  if (lack !== undefined) context.skip(lack);
});

// A tenth of that on an idle machine.
describe('logos region', { timeout: 900_000 }, () => {
  it('refuses a changed byte of a playbook, and says which', async () => {
    const file = join(tree(), 'phases/base.yml');
    const before = await readFile(file, 'utf8');
    await writeFile(file, `${before} `);
    const { error } = await failed(bootstrap());
    await writeFile(file, before);
    expect(error?.code).toBe('region-closure-differs');
    expect(error?.message).toContain('platform phases/base.yml was changed');
  });

  it('refuses a changed value of the definition, and says which', async () => {
    const before = await readFile(definition(), 'utf8');
    await writeFile(definition(), before.replace('vip: 10.77.0.200', 'vip: 10.77.0.201'));
    const { error } = await failed(bootstrap());
    await writeFile(definition(), before);
    expect(error?.code).toBe('region-closure-differs');
    expect(error?.message).toContain('definition /vip was changed');
  });

  it('shows what it would change, and changes nothing', async () => {
    const result = (await done(bootstrap('--dry-run'))).at(-1);
    expect(result).toMatchObject({ ok: true, dryRun: true, changed: PHASES.length * 2 * NAMES.length });
    expect(await everywhere('ls -A /srv')).toMatchObject(NAMES.map(() => ({ stdout: '' })));
    // What nobody compared is not run either.
    expect(existsSync(join(root, 'loaded'))).toBe(false);
  });

  it('goes on after a kill and after cut connections, in each phase', async () => {
    await everywhere(PHASES.map((phase) => `touch /run/gate-${phase}`).join('; '));
    for (const [index, phase] of PHASES.entries()) {
      const killed = bootstrap();
      await begun(killed, phase);
      killed.child.kill('SIGKILL');
      await killed.ended;
      const before = await mark();
      const cut = bootstrap();
      await waitsAt(phase, before);
      await hosts[index]?.cutConnections();
      await everywhere(`rm -f /run/gate-${phase}`);
      const { error } = await failed(cut);
      // Whether Ansible calls it unreachable or a failed task is a matter of when it happens.
      expect(error?.code, error?.message).toMatch(/^region-(connection-lost|phase-failed)$/);
    }
    const told = await done(bootstrap());
    expect(told.at(-1)).toMatchObject({ ok: true, namedBy: 'flag' });
    const written = await everywhere(`cd /srv; cat ${PHASES.flatMap((phase) => [phase, `${phase}-done`]).join(' ')}`);
    expect(written.map(({ stdout: text }) => text)).toEqual(
      hosts.map(({ machine: { address } }) => `lab 32${address}`.repeat(PHASES.length)),
    );
    const skipped = told.filter(({ state, detail }) => state === 'skipped' && (detail as Line).reason === 'done');
    expect(skipped.map(({ phase }) => phase)).toEqual(['base']);
  });

  it('changes nothing the second time', async () => {
    const result = (await done(bootstrap())).at(-1);
    expect(result).toMatchObject({ ok: true, changed: 0 });
    const ran = ((result?.phases ?? []) as Line[]).filter(({ action }) => action === 'run').map(({ phase }) => phase);
    expect(ran).toEqual(['preflight', ...PHASES]);
  });

  it('undoes what has a way back, and says what has none and what is left', async () => {
    const result = (await logos('reset', definition(), ...reach())).at(-1);
    expect(result).toMatchObject({ ok: true, undone: ['acceptance'], kept: ['base'] });
    expect(result?.differences).toEqual(
      Object.fromEntries(NAMES.map((name) => [name, ['+ entry base', '+ entry base-done']])),
    );
    expect(existsSync(join(root, 'home/regions/lab/secrets.json'))).toBe(true);
  });

  it('refuses servers with too little memory, another key, or that do not answer, before anything changes', async () => {
    const before = await readFile(definition(), 'utf8');
    const large = join(root, 'large.yaml');
    await writeFile(large, `${before}workers: 64\n`);
    const { closure: itsClosure } = (await logos('init', large, '--platform', tree())).at(-1) as Line;
    await hosts[1]?.changeHostKey();
    const { address } = hosts[3]?.machine ?? { address: '' };
    const other = (await readFile(large, 'utf8')).replace(address, '10.77.0.99');
    await writeFile(large, other);
    const again = (await logos('init', large, '--platform', tree())).at(-1) as Line;
    expect(again.closure).not.toBe(itsClosure);
    const flags = ['-i', join(root, 'key'), '--platform', tree(), '--closure-hash', again.closure as string, '--yes'];
    const { error } = await failed(start('bootstrap', large, ...flags));
    const told = [error?.message, ...(error?.nextSteps ?? [])].join('\n');
    expect(error?.code).toBe('ssh-host-key');
    expect(told).toContain('s2');
    expect(told).toMatch(/Also: s4: .*\(ssh-unreachable\)/);
    expect(told).toMatch(/Also: s1: it has \d+ MiB of memory, and needs 59384 .*\(region-memory-short\)/);
  });
});

/** Which run was the last to begin. */
async function mark(): Promise<string | undefined> {
  const state = JSON.parse(await readFile(join(root, 'home/regions/lab/state.json'), 'utf8')) as { running?: string };
  return state.running;
}

/** Until every host waits at the gate of a phase by the word of another run than `before`, whose Ansible may still be at work. */
async function waitsAt(phase: string, before: string | undefined): Promise<void> {
  let now = await mark();
  while (now === undefined || now === before) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = await mark();
  }
  const wait = `until [ -e /run/at-${phase}-${now} ]; do sleep 0.1; done`;
  await Promise.all(hosts.map(({ machine }) => machine.exec('sh', ['-c', wait], { timeout: 600_000 })));
}
