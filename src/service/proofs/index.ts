export { examinedText, examineRegion } from './examine.ts';
export { proveToRegion } from './prove.ts';
