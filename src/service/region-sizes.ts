import type { ArtifactStore, LogosChain } from '../chain/index.ts';
import type { Sizes } from '../gatekeeper/index.ts';
import { parseResourceClasses } from '../host/index.ts';
import { parseDvmTemplates } from '../hypervisor/index.ts';
import { configuredBytes } from './values.ts';

/**
 * What the region's section says of sizes: a host has what its class asks of every host at least, so that no guest is placed
 * on what a host does not have. Classes promise no room on disk. Throws as the chain, the store and the parsers do.
 */
export async function regionSizes(proven: Pick<LogosChain, 'configuration'>, artifacts: ArtifactStore): Promise<Sizes> {
  const section = await proven.configuration('compute-section-1');
  const [classes, templates] = await Promise.all([
    configuredBytes(section, 'resource-classes', artifacts).then(parseResourceClasses),
    configuredBytes(section, 'dvm-templates', artifacts).then(parseDvmTemplates),
  ]);
  return {
    capacityOf(name) {
      const minimum = classes.classes.find((one) => one.name === name)?.minimum;
      if (minimum === undefined) return undefined;
      const { cpuAll, cpuSingle, ramMiB } = minimum;
      const vcpus = cpuSingle > 0 ? Math.max(1, Math.floor(cpuAll / cpuSingle)) : 1;
      return { vcpus, memoryMiB: Math.floor(ramMiB), diskGiB: 0 };
    },
    needsOf(name) {
      const template = templates.get(name);
      return template && { vcpus: template.vcpus, memoryMiB: template.memoryMiB, diskGiB: 0 };
    },
  };
}
