import { z } from 'zod';
import { type ArtifactStore, isSilence, type LogosChain } from '../chain/index.ts';
import { type ClassReport, parseResourceClasses, type ResourceClasses } from '../host/index.ts';
import { asset } from '../system/assets.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { classOfHost } from './class-report.ts';
import { loadHostRecord } from './host-record.ts';
import { loadTopic, PROVIDE_TOPIC, saveTopic } from './state.ts';
import { configuredBytes } from './values.ts';

const TOPIC = 'class';
const SECTION = 'compute-section-1';
const BUILT_IN = 'chain/seed/compute/resource-classes.json';
/** Between two looks at the thresholds; each is read with proof. */
const EVERY_MS = 15_000;

const schema = z.object({
  /** The value of `resource-classes`, base64, and the section's version that set it. */
  thresholds: z.base64(),
  version: z.number(),
  at: z.string(),
  class: z.string().optional(),
  availability: z.string().optional(),
});
type KeptClass = z.infer<typeof schema>;

export interface KeepClassOptions {
  home: Home;
  chain: Pick<LogosChain, 'configuration'>;
  artifacts: ArtifactStore;
  tell(severity: 'info' | 'warning', text: string): Promise<void>;
  clock?: Clock;
  everyMs?: number;
}

/**
 * Classes this host by the chain's thresholds as they are now, again and again until `signal` is aborted: a change on chain is
 * followed without measuring or starting anything anew. Never throws; what can't be read leaves the class as it is, and is told of once.
 */
export async function keepClass(options: KeepClassOptions, signal: AbortSignal): Promise<void> {
  const { tell, clock = systemClock, everyMs = EVERY_MS } = options;
  let trouble: string | undefined;
  while (!signal.aborted) {
    try {
      await classAnew(options);
      trouble = undefined;
    } catch (thrown) {
      const error = toLogosError(thrown);
      if (error.code !== trouble && !isSilence(error)) await tell('warning', `The class was kept: ${error.message}`);
      trouble = error.code;
    }
    await clock.sleep(everyMs, signal);
  }
}

/** One look. Throws what reading the chain, its thresholds and this host's state do. */
export async function classAnew({ home, chain, artifacts, tell }: KeepClassOptions): Promise<void> {
  const section = await chain.configuration(SECTION);
  const bytes = await configuredBytes(section, 'resource-classes', artifacts);
  const classes = parseResourceClasses(bytes);
  const [{ path, chain: joined }, before, outcome] = await Promise.all([
    loadHostRecord(home),
    loadTopic(home, TOPIC, schema),
    loadTopic(home, PROVIDE_TOPIC, z.looseObject({ class: z.string().nullish() })),
  ]);
  const was = outcome?.class ?? undefined;
  const report = await classOfHost(home, classes, { path, class: was, availability: before?.availability }, joined.url);
  if (report === undefined) return;
  const { efficiency, availability } = report;
  const kept: KeptClass = {
    thresholds: Buffer.from(bytes).toString('base64'),
    version: section.entries.get('resource-classes')?.version ?? section.version,
    at: new Date().toISOString(),
    class: efficiency.class,
    availability: availability?.class,
  };
  await saveTopic(home, TOPIC, kept);
  if (efficiency.class !== was) {
    await saveTopic(home, PROVIDE_TOPIC, { ...outcome, class: efficiency.class ?? null });
    const why = before !== undefined && before.version !== kept.version ? ', by thresholds that changed on chain' : '';
    await tell(
      efficiency.class === undefined ? 'warning' : 'info',
      `This host is now ${efficiency.class ?? 'in no class'}, not ${was ?? 'in none'}${why} (version ${kept.version}): ${efficiency.summary}.`,
    );
  }
}

/** What `logos class` shows: the thresholds that were read from the chain last, and what they make of this host. `undefined` before there are any. */
export async function explainClass(
  home: Home,
): Promise<(ClassReport & { thresholds: { section: string; version: number; at: string } }) | undefined> {
  const kept = await loadTopic(home, TOPIC, schema);
  if (kept === undefined) return undefined;
  const { path, chain } = await loadHostRecord(home);
  const classes = parseResourceClasses(Buffer.from(kept.thresholds, 'base64'));
  const report = await classOfHost(home, classes, { ...kept, path }, chain.url);
  const { version, at } = kept;
  return report && { ...report, thresholds: { section: SECTION, version, at } };
}

/** The thresholds that were read from the chain last; before that, those that this version ships with. */
export async function lastThresholds(home: Home): Promise<ResourceClasses> {
  const kept = await loadTopic(home, TOPIC, schema);
  return parseResourceClasses(kept === undefined ? asset(BUILT_IN) : Buffer.from(kept.thresholds, 'base64'));
}
