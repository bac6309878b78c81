import { openArtifacts } from '../../../../src/chain/index.ts';

/** Downloads one artefact into a store and says so after each chunk, until it is done or killed. */
const [directory = '', mirror = '', digest = '', size = '0'] = process.argv.slice(2);
await openArtifacts(directory, { mirrors: [mirror] }).use({ digest, size: Number(size) }, async () => {}, {
  onProgress: (bytes) => process.stdout.write(`${bytes}\n`),
});
process.stdout.write('done\n');
