import { z } from 'zod';

const count = z.int().min(0);
/** What Ansible counts for a host at the end of a run. */
const tally = z.object({ ok: count, changed: count, failures: count, unreachable: count, skipped: count });

const eventSchema = z.discriminatedUnion('event', [
  /** One of several playbooks began; `file`: its path in the tree. */
  z.object({ event: z.literal('playbook'), file: z.string() }),
  z.object({ event: z.literal('play'), name: z.string() }),
  z.object({
    event: z.literal('task'),
    host: z.string(),
    task: z.string(),
    status: z.enum(['ok', 'changed', 'failed', 'ignored', 'skipped', 'unreachable']),
    ms: z.number().min(0),
    message: z.string().optional(),
    diff: z.string().optional(),
  }),
  z.object({ event: z.literal('recap'), hosts: z.record(z.string(), tally) }),
]);

/** What our callback plugin prints (iac/ansible/callback_plugins/logos_events.py). */
export type AnsibleEvent = z.output<typeof eventSchema>;
export type TaskEvent = Extract<AnsibleEvent, { event: 'task' }>;

/** The event of a line; `undefined` for a line that is none, such as a warning of a module. */
export function parseEvent(line: string): AnsibleEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** What happened on one host so far. */
export interface HostTally {
  readonly tasks: number;
  readonly changed: number;
  readonly failed: number;
}

/** What happened in a run so far. */
export interface RunTally {
  readonly hosts: Readonly<Record<string, HostTally>>;
  readonly failures: readonly TaskEvent[];
  /** Ansible came to its end and counted: without this line it was cut off. */
  readonly ended: boolean;
}

export const NOTHING_YET: RunTally = { hosts: {}, failures: [], ended: false };

/** The tally after one more event. */
export function tallied(tally: RunTally, event: AnsibleEvent): RunTally {
  if (event.event === 'recap') return { ...tally, ended: true };
  if (event.event === 'play' || event.event === 'playbook') return tally;
  const { tasks, changed, failed } = tally.hosts[event.host] ?? { tasks: 0, changed: 0, failed: 0 };
  const broke = event.status === 'failed' || event.status === 'unreachable';
  const host = {
    tasks: tasks + (event.status === 'skipped' ? 0 : 1),
    changed: changed + (event.status === 'changed' ? 1 : 0),
    failed: failed + (broke ? 1 : 0),
  };
  const failures = broke ? [...tally.failures, event] : tally.failures;
  return { ...tally, hosts: { ...tally.hosts, [event.host]: host }, failures };
}

/** Tasks that changed something, on all hosts. */
export function changedTasks({ hosts }: RunTally): number {
  return Object.values(hosts).reduce((sum, { changed }) => sum + changed, 0);
}
