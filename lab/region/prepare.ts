import { regionAnsible } from './ansible.ts';
import { hubLayers } from './hub-layer.ts';
import { regionServersLack } from './servers.ts';

// What the region's tests start from, made before they are timed: some minutes the first time.
if ((await regionServersLack()) === undefined) await Promise.all([hubLayers(), regionAnsible()]);
