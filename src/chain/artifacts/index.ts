export { copyArtifact } from './content.ts';
export { storeDamaged } from './errors.ts';
export { namedArtifacts } from './named.ts';
export { type ArtifactServer, serveArtifacts } from './serve.ts';
export { type ArtifactStore, openArtifacts } from './store.ts';
