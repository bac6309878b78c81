import { sha256Hex } from '../../system/canonical.ts';
import { checkInventory } from './inventory.ts';
import { parseStrictJson } from './json.ts';
import { checkKubeadmConfig } from './kubeadm-config.ts';
import { checkDomain, checkNetwork } from './libvirt.ts';
import { checkPlaybook } from './playbook.ts';
import { refusing } from './refusal.ts';
import { type DocumentRules, NO_RULES } from './rules.ts';
import { checkTofuPlan } from './tofu-plan.ts';
import { parseStrictYaml } from './yaml.ts';

const MAX_JSON_BYTES = 1024 * 1024;

type Checker = (bytes: Uint8Array, rules: DocumentRules) => unknown;

const CHECKERS = {
  json: (bytes) => parseStrictJson(bytes, MAX_JSON_BYTES),
  yaml: (bytes) => parseStrictYaml(bytes),
  'libvirt-domain': checkDomain,
  'libvirt-network': checkNetwork,
  playbook: checkPlaybook,
  inventory: checkInventory,
  'tofu-plan': checkTofuPlan,
  'kubeadm-config': checkKubeadmConfig,
} satisfies Record<string, Checker>;

/** Kinds of documents that a native command can name. */
export type DocumentKind = keyof typeof CHECKERS;
export const CHECKED_KINDS = Object.keys(CHECKERS) as readonly DocumentKind[];

export interface CheckedDocument {
  readonly kind: DocumentKind;
  /** What it says: JSON data, or for XML a tree of elements. */
  readonly value: unknown;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly digest: string;
}

/**
 * Checks a document's form and what it asks for, by `rules`, which come from the library of the command that names it.
 * Reads nothing but `bytes` and runs nothing. Throws UserError `document-malformed`, `document-too-large` or
 * `document-forbidden` (exit code: refused), whose message says what and where.
 */
export function checkDocument(kind: DocumentKind, bytes: Uint8Array, rules: DocumentRules = NO_RULES): CheckedDocument {
  const check: Checker = CHECKERS[kind];
  const value = refusing(`${kind} document`, () => check(bytes, rules));
  return { kind, value, digest: sha256Hex(bytes) };
}
