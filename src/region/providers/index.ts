export { parseAnswer, parseRequest } from './documents.ts';
export { acceptAnswer, departMachine, requestOf } from './machine.ts';
export { addProvider, enableProvider, listProviders, removeProvider } from './work.ts';
