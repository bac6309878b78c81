import { parseCommitment } from '../host/index.ts';
import { writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { readConfig } from './config.ts';

/** Keeps in `config.json` what this machine commits to. Throws as `readConfig` does, and UserError `sla-invalid`. */
export async function saveSla(home: Home, sla: readonly string[]): Promise<void> {
  for (const text of sla) parseCommitment(text);
  await writeJson(home.config, { ...(await readConfig(home)), sla });
}
