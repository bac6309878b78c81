import { openStackLacks, prepareOpenStack } from './region.ts';

/** Makes what the OpenStack tests start from, which takes minutes the first time. A machine that lacks something is told by name. */
const lacks = await openStackLacks();
if (lacks) process.stderr.write(`OpenStack is not prepared: needs ${lacks}.\n`);
else await prepareOpenStack();
