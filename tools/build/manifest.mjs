import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { inProject, projectNode, root } from '../lib/paths.mjs';

/**
 * The module that takes the place of src/commands/index.ts in the bundle: the same table, with the manifest written out
 * and each command behind a lazy import, so that a run loads the framework and one command only.
 */
export function commandTableModule() {
  const manifest = readManifest();
  const loaders = Object.keys(manifest.commands).map((id) => {
    const [file, folder] = ['.ts', '/index.ts'].map((end) =>
      inProject('src/commands', `${id.replaceAll(':', '/')}${end}`),
    );
    const path = existsSync(file) ? file : folder;
    return `  ${JSON.stringify(id)}: () => import(${JSON.stringify(path)}),`;
  });
  return [
    `const manifest = ${JSON.stringify(manifest)};`,
    'const loaders = {',
    ...loaders,
    '};',
    'export const commandTable = () => ({',
    '  ids: Object.keys(loaders),',
    '  load: async (id) => (await loaders[id]()).default,',
    '  manifest,',
    '});',
  ].join('\n');
}

/** Asks the program itself, from source, what its commands are. */
function readManifest() {
  const script = `
    const { loadConfig } = await import('./src/main.ts');
    const [plugin] = (await loadConfig()).getPluginsList();
    process.stdout.write(JSON.stringify(plugin.manifest));`;
  const { status, stdout, stderr } = spawnSync(
    projectNode,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (status !== 0) throw new Error(`A command can't be loaded:\n${stderr}`);
  const manifest = JSON.parse(stdout);
  // Absolute paths would make two builds of the same source differ.
  if (stdout.includes(root)) throw new Error('The command manifest holds a path of this machine.');
  return manifest;
}

export const version = JSON.parse(readFileSync(inProject('package.json'), 'utf8')).version;
