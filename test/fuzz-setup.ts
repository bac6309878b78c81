import fc from 'fast-check';
import { cases } from './cases.ts';

/**
 * Properties that name no number of their own are tried as often as the profile says, too. `npm test` tries the same cases
 * each time, so that a red run is about the change that it runs on; `npm run fuzz` tries new ones.
 */
fc.configureGlobal({
  numRuns: cases(100),
  ...(process.env.FUZZ_CASES === undefined ? { seed: 20_260_101 } : {}),
});
