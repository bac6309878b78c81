import { z } from 'zod';
import { UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { loadTopic, saveTopic } from './state.ts';

const schema = z.object({
  version: z.literal(1),
  chain: z.object({
    mode: z.enum(['dev', 'remote']),
    /** The node that gets transactions. */
    url: z.string(),
    genesis: z.string(),
    /** All nodes that are asked what the chain says. */
    endpoints: z.array(z.string()).min(1).optional(),
    /** What its heads rested on when this host joined, and must rest on ever since. */
    trust: z.enum(['finality', 'local']).optional(),
  }),
  account: z.string(),
  path: z.enum(['kvm', 'qemu', 'gpu']),
  /** cgroup partition of guests under the system's libvirtd. */
  partition: z.string().optional(),
});

/** What the running services need to know of this host: written once it has joined. */
export type HostRecord = z.infer<typeof schema>;

const TOPIC = 'host';

export async function saveHostRecord(home: Home, record: HostRecord): Promise<void> {
  await saveTopic(home, TOPIC, record);
}

/** Throws UserError `host-not-joined` when this instance has joined no chain. */
export async function loadHostRecord(home: Home): Promise<HostRecord> {
  const record = await loadTopic(home, TOPIC, schema);
  if (record) return record;
  throw new UserError('host-not-joined', `This host (${home.root}) has not joined a chain.`, {
    nextSteps: ['Run `logos provide`.'],
  });
}
