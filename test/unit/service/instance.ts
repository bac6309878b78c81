import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceDefinition, ServiceName } from '../../../src/service/definitions.ts';
import { SupervisorManager } from '../../../src/service/supervisor/manager.ts';
import { localExec } from '../../../src/system/exec.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

/** An instance of its own in a temporary directory, whose `/` is there too. */
export interface Instance {
  home: Home;
  root: string;
  journal: Journal;
  manager: SupervisorManager;
  /** A definition whose process notes its starts and ends. */
  child(name: ServiceName, after?: ServiceName[], tag?: string): ServiceDefinition;
  /** A definition whose process runs this JavaScript. */
  script(name: ServiceName, code: string): ServiceDefinition;
  watching(name: ServiceName): ServiceDefinition;
  /** What the children noted: `NAME started PID`. */
  notes(): Promise<string[]>;
  pid(name: ServiceName): Promise<number>;
  dispose(): Promise<void>;
}

export async function makeInstance(): Promise<Instance> {
  const base = await mkdtemp(join(tmpdir(), 'logos-service-'));
  const [root, record] = [join(base, 'root'), join(base, 'notes')];
  await mkdir(root);
  const home = homeFrom({ LOGOS_HOME: join(base, 'home') });
  const journal = new Journal(home.journal);
  const supervisorCommand = [process.execPath, fixture('supervisor.ts'), 'service', 'run'];
  const manager = new SupervisorManager({ home, journal, exec: localExec, root, supervisorCommand });
  const script = (name: ServiceName, code: string): ServiceDefinition => ({
    name,
    description: name,
    command: [process.execPath, '-e', code],
  });
  return {
    home,
    root,
    journal,
    manager,
    script,
    child: (name, after = [], tag = name) => ({
      name,
      description: name,
      command: [process.execPath, fixture('child.mjs'), tag, record],
      after,
    }),
    watching: (name) => ({ name, description: name, command: [process.execPath, fixture('watching-child.ts')] }),
    notes: async () => (await readFile(record, 'utf8').catch(() => '')).split('\n').filter(Boolean),
    pid: async (name) => (await manager.status())[name]?.pid ?? 0,
    dispose: async () => {
      await manager.remove();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** Waits until a question is answered with something else than `undefined` or `false`, and gives how long that took. */
export async function until<T>(
  what: () => Promise<T | undefined | false>,
  ms = 5_000,
): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  for (;;) {
    const value = await what();
    const took = performance.now() - started;
    if (value !== undefined && value !== false) return { value, ms: took };
    if (took > ms) throw new Error(`Not within ${ms} ms: ${what}`);
    await delay(20);
  }
}
