import {
  checkDocument,
  type DocumentKind,
  type DocumentRules,
  documentRulesSchema,
} from '../../../../src/gatekeeper/documents/index.ts';
import { LogosError } from '../../../../src/system/errors.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a library of these tests allows. */
export const RULES: DocumentRules = documentRulesSchema.parse({
  directories: ['/var/lib/logos/images'],
  readOnlyDirectories: ['/usr/share/OVMF'],
  networks: ['default'],
  modules: [
    'ansible.builtin.copy',
    'template',
    'package',
    'service',
    'debug',
    'set_fact',
    'include_tasks',
    'assert',
    'import_role',
  ],
  roles: ['common', 'webserver'],
  providers: ['registry.opentofu.org/terraform-provider-openstack/openstack'],
  resources: ['openstack_compute_instance_v2'],
  dataSources: ['openstack_images_image_v2', 'external'],
});

/** `accept`, or the code and message of the refusal. Anything else that is thrown is thrown. */
export function verdict(kind: DocumentKind, document: string | Uint8Array, rules: DocumentRules = RULES): string {
  try {
    checkDocument(kind, typeof document === 'string' ? bytes(document) : document, rules);
    return 'accept';
  } catch (error) {
    if (!(error instanceof LogosError) || !error.code.startsWith('document-') || error.exitCode !== 3) throw error;
    return `${error.code}: ${error.message}`;
  }
}
