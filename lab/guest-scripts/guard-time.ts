import { guardThroughTime } from '../guarded-time.ts';
import { say } from '../lsm-domains.ts';
import { powerOff } from '../lsm-end.ts';

/** Runs in a guest (lsm-guest.ts): what the guard says while the clock is set and the machine sleeps; the test judges. */
try {
  say({ step: 'time', ...(await guardThroughTime('/var/lib/logos-guarded')) });
} catch (error) {
  say({ step: 'time', failed: String(error) });
}
await powerOff();
