export { describeKnowledge } from './describe.ts';
export { type Knowledge, openKnowledge } from './open.ts';
export { readKnowledge } from './read.ts';
