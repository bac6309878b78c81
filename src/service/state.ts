import { join } from 'node:path';
import { type Parser, readJson, writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { StatusDocument } from './status-document.ts';

/** What `logos provide` found out and decided, kept so that a status can be had while nothing runs. */
export type ProvideOutcome = Pick<
  StatusDocument,
  'class' | 'scores' | 'path' | 'pathReason' | 'account' | 'lent' | 'kept'
>;

/** The topic of `ProvideOutcome`; `composeStatus` reads it. */
export const PROVIDE_TOPIC = 'provide';

/** Keeps one small JSON value, replaced whole: a reader or a crash sees the old one or the new one. */
export async function saveTopic(home: Home, topic: string, value: unknown): Promise<void> {
  await writeJson(topicFile(home, topic), value);
}

/** The value kept under a topic, `undefined` when there is none. Throws UserError `state-damaged`. */
export async function loadTopic<T>(home: Home, topic: string, parser: Parser<T>): Promise<T | undefined> {
  return readJson(topicFile(home, topic), parser);
}

function topicFile(home: Home, topic: string): string {
  return join(home.state, `${topic}.json`);
}
