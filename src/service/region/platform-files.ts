import { join } from 'node:path';
import type { PackedFile } from '../../gatekeeper/index.ts';
import { manifestOf } from '../../region/index.ts';
import { asset, embeddedBelow, isBinary } from '../../system/assets.ts';
import { readDirectory } from '../deploy/directory.ts';

const SHIPPED = 'iac/ansible';

/**
 * The files of the tree that builds a region: of a directory, or those that ship with this program. Throws what reading a
 * deployment's directory throws.
 */
export async function platformFiles(directory?: string): Promise<PackedFile[]> {
  if (directory === undefined && isBinary()) {
    return embeddedBelow(SHIPPED).map((name) => ({
      path: name.slice(SHIPPED.length + 1),
      executable: false,
      bytes: asset(name),
    }));
  }
  const files = await readDirectory(directory ?? join(import.meta.dirname, '../../..', SHIPPED));
  const manifest = manifestOf(files);
  return files.filter(({ path }) => Object.hasOwn(manifest, path));
}
