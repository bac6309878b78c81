export * from './assets.ts';
export * from './changes.ts';
export * from './errors.ts';
export * from './files.ts';
export * from './home.ts';
export * from './journal.ts';
export * from './process.ts';
export * from './progress.ts';
