import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startAttacker } from './attacker.ts';
import type { EvasionCase } from './cases.ts';
import { type EvasionGround, layGround } from './ground.ts';
import { prepareAll, strikeAll } from './measure.ts';
import { otherTools } from './other-tools.ts';

/** What a tool made of a change: seen by its next check, not seen, or no end of the check. */
export type Seen = 'yes' | 'no' | 'hangs';

export interface Beside {
  readonly seen: Map<string, Record<string, Seen>>;
  readonly versions: Record<string, string>;
}

const PATIENCE_MS = 30_000;

/**
 * Databases of an untouched ground, all the attacks, and a check while they last. Gives by case and tool what was seen. A tool that
 * already tells of a victim before the attack is an error. `scratch` takes the tools' files, and keeps their keys; `offline` takes
 * the loop device's file system away for the attack.
 */
export async function besideOthers(
  cases: readonly EvasionCase[],
  scratch: string,
  { offline = false } = {},
): Promise<Beside> {
  const ground = layGround(cases, 1);
  const attacker = startAttacker();
  const seen: Beside['seen'] = new Map(cases.map(({ name }) => [name, {}]));
  const versions: Record<string, string> = {};
  try {
    await prepareAll(attacker, ground, cases);
    const own = join(
      scratch,
      cases
        .map(({ name }) => name)
        .join('-')
        .slice(0, 40),
    );
    mkdirSync(own, { recursive: true });
    const tools = otherTools(own, ground.directories);
    for (const tool of tools) {
      tool.init();
      versions[tool.name] = tool.version;
      const before = told(tool.check(PATIENCE_MS), ground, cases);
      if ([...before.values()].some((what) => what !== 'no'))
        throw new Error(`${tool.name} tells of what nobody changed.`);
    }
    const strike = () => strikeAll(attacker, ground, cases);
    await (offline ? ground.offline(strike) : strike());
    for (const tool of tools) {
      for (const [name, what] of told(tool.check(PATIENCE_MS), ground, cases))
        seen.set(name, { ...seen.get(name), [tool.name]: what });
    }
    return { seen, versions };
  } finally {
    await attacker.stop();
    ground.dispose();
  }
}

/** The same rule for all tools: something about the victim's directory, or in it. */
function told(report: string | undefined, ground: EvasionGround, cases: readonly EvasionCase[]): Map<string, Seen> {
  return new Map(
    cases.map(({ name }) => {
      const directory = dirname(ground.places(name)[0]?.target ?? '');
      return [name, report === undefined ? 'hangs' : report.includes(directory) ? 'yes' : 'no'];
    }),
  );
}
