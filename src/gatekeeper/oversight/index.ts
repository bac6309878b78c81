export { describeRuling } from './describe.ts';
export { type Evacuated, evacuate } from './evacuate.ts';
export { keepHeartbeats, type Watched } from './heartbeat.ts';
export { keepPlaces, type Sizes } from './keep-places.ts';
export { carryOutOversight, type OverseenChain, type Oversight, oversee, type Told } from './overseer.ts';
export type { Integrity } from './report.ts';
export { describeOversight } from './show.ts';
