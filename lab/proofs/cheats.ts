import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type Answer, type Challenge, type PlotPlace, prove } from '../../src/host/index.ts';
import { nextUnit, readDigest } from '../../src/host/proofs/plot.ts';

/** What a doctored `logos` answers with; each gets where the machine keeps its plot. */
export const CHEATS = {
  /** Answers as asked: its lie is in the claim alone. */
  none: (challenge: Challenge, plots: PlotPlace) => prove(challenge, { plots }),

  /** Says that half of the CPU time was its owner's. */
  async busy(challenge: Challenge, plots: PlotPlace): Promise<Answer> {
    const answer = await prove(challenge, { plots });
    return answer.kind === 'cpu' ? { ...answer, cpuSeconds: answer.cpuSeconds / 2 } : answer;
  },

  /** Gives twice as many links as it computed. */
  async invents(challenge: Challenge, plots: PlotPlace): Promise<Answer> {
    const answer = await prove(challenge, { plots });
    if (answer.kind !== 'cpu') return answer;
    const doubled = (text: string): string => {
      const links = Buffer.from(text, 'base64');
      return Buffer.concat([links, randomBytes(links.length)]).toString('base64');
    };
    return { ...answer, lanes: answer.lanes.map(doubled) };
  },

  /** Says that the disk is filled, whatever the file system said, and that each read went well. */
  async thin(challenge: Challenge, plots: PlotPlace): Promise<Answer> {
    if (challenge.kind === 'plot') {
      await prove(challenge, { plots });
      return { kind: 'plot', units: challenge.plot.units };
    }
    if (challenge.kind !== 'disk') return prove(challenge, { plots });
    const { seed, plot, hops } = challenge;
    const file = await open(plots.path, 'r');
    const digests: string[] = [];
    for (let hop = 0; hop < hops; hop++) {
      const unit = Buffer.alloc(plot.unitKiB * 1024);
      const at = nextUnit(digests.at(-1) ?? seed, plot.units) * unit.length;
      await file.read(unit, 0, unit.length, at).catch(() => {});
      digests.push(readDigest(seed, hop, unit));
    }
    await file.close();
    return { kind: 'disk', digests };
  },
} as const;

export type Cheat = keyof typeof CHEATS;
