import { regionAnsible } from './ansible.ts';
import { regionLayers } from './root.ts';
import { regionServersLack } from './servers.ts';

// What the region's tests start from, made before they are timed: some minutes the first time.
if ((await regionServersLack()) === undefined) await Promise.all([regionLayers(), regionAnsible()]);
