import { readFile } from 'node:fs/promises';
import { hostKey } from '../../src/chain/index.ts';
import { PlotPlace } from '../../src/host/index.ts';
import { answerRegion } from '../../src/service/proofs/machine.ts';
import { CHEATS, type Cheat } from './cheats.ts';

/** A machine of the lab as a process of its own: proves its claim to a region, as an honest `logos` does or as a doctored one. */
interface Lines {
  from: string;
  port: number;
  keys: string;
  claim: string;
  directory: string;
  diskMiB: number;
  cheat: Cheat;
}

const { from, port, keys, claim, directory, diskMiB, cheat } = JSON.parse(process.argv[2] ?? '{}') as Lines;
const plots = new PlotPlace(directory);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await answerRegion({
  host: '127.0.0.1',
  from,
  port,
  signer: await hostKey(keys),
  claim: JSON.parse(await readFile(claim, 'utf8')),
  plots,
  diskMiB,
  signal: stop.signal,
  onText: () => {},
  answer: (challenge) => CHEATS[cheat](challenge, plots),
}).catch((error: unknown) => {
  if (!stop.signal.aborted) throw error;
});
