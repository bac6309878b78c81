#!/usr/bin/env node
// From source: the same program as dist/logos, its TypeScript compiled on the fly.
process.env.LOGOS_ENTRY = import.meta.filename;
const { register } = await import('tsx/esm/api');
register();
await import('../src/entry.ts');
