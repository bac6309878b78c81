import { z } from 'zod';

const path = z
  .string()
  .max(512)
  .regex(/^(?:\/[A-Za-z0-9][A-Za-z0-9_.+-]*)+$/, 'an absolute path without ".."');
const ansibleName = z
  .string()
  .max(128)
  .regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+){0,2}$/);
const tofuType = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/);

/**
 * What a reference library says of the documents that its commands take: data, so that a new technology needs no code.
 * Everything is empty unless the library lists it, and what isn't listed is refused.
 */
export const documentRulesSchema = z.strictObject({
  /** Directories of the target host in which the files are that a libvirt domain may write: disks, its firmware's variables. */
  directories: z.array(path).max(16).default([]),
  /** Directories of the target host with files that a domain may only read: kernels, firmware. */
  readOnlyDirectories: z.array(path).max(16).default([]),
  /** Networks of libvirt that a domain's interfaces may use. */
  networks: z
    .array(
      z
        .string()
        .max(64)
        .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/),
    )
    .max(64)
    .default([]),
  /** Ansible modules that tasks may use: `ansible.builtin.copy`, or `copy`, which means the same. */
  modules: z.array(ansibleName).max(1_000).default([]),
  /** Roles that plays may name. */
  roles: z.array(ansibleName).max(1_000).default([]),
  /** Providers of a plan by their full address, such as `registry.opentofu.org/terraform-provider-openstack/openstack`. */
  providers: z
    .array(
      z
        .string()
        .max(256)
        .regex(/^[a-z0-9.-]+(?::[0-9]+)?\/[a-z0-9_-]+\/[a-z0-9_-]+$/),
    )
    .max(100)
    .default([]),
  /** Types of managed resources, and of data sources, that a plan may hold. */
  resources: z.array(tofuType).max(1_000).default([]),
  dataSources: z.array(tofuType).max(1_000).default([]),
});
export type DocumentRules = z.output<typeof documentRulesSchema> & {
  /**
   * Hosts of an inventory may be the machine that reads it (`ansible_connection: local`). No library can say so: it is for a
   * deployment, which a host carries out on itself.
   */
  readonly localConnection?: boolean;
};

/** What is allowed when a library says nothing. */
export const NO_RULES: DocumentRules = documentRulesSchema.parse({});
