import fc from 'fast-check';
import { cases } from './cases.ts';

/** Properties that name no number of their own are tried as often as the profile says, too (`npm run fuzz`). */
fc.configureGlobal({ numRuns: cases(100) });
