import { asMap, checkValue } from './playbook-values.ts';
import { parseStrictYaml } from './yaml.ts';

const MAX_BYTES = 512 * 1024;

/** Checks a file of Ansible variables (of a role, a group or a host): plain data and templates that compute. Throws DocumentFault. */
export function checkVariablesFile(bytes: Uint8Array): void {
  checkValue(asMap(parseStrictYaml(bytes, { bytes: MAX_BYTES }), ''), '', 'values');
}
