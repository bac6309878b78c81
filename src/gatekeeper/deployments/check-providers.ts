import { type DocumentRules, type HclBlock, type HclBody, parseHcl, plainText } from '../documents/index.ts';
import { compare, type Findings } from './finding.ts';
import { joined, type Tree } from './tree.ts';

const LOCK_FILE = '.terraform.lock.hcl';

/** The files of a directory that are one configuration of OpenTofu. */
export interface Configuration {
  readonly directory: string;
  readonly files: readonly { readonly path: string; readonly body: HclBody }[];
  /** Another configuration of the deployment calls it: the lock file of that one counts. */
  readonly isModule: boolean;
}

/** Checks that each provider is named with its source and version, and that the lock file pins that very one by its hashes. */
export function checkProviders(
  tree: Tree,
  { directory, files, isModule }: Configuration,
  rules: DocumentRules,
  findings: Findings,
): void {
  const required = files.flatMap(({ path, body }) => requiredIn(path, body, findings));
  const named = new Set(required.map(({ name }) => name));
  for (const { path, body } of files) {
    for (const block of body.blocks) {
      const provider = providerOf(block);
      if (provider !== undefined && !named.has(provider))
        findings.add(
          path,
          'source-unpinned',
          `required_providers does not say which provider ${provider} is`,
          block.line,
        );
    }
  }
  const path = joined(directory, LOCK_FILE);
  const lock = tree.get(path);
  if (required.length === 0 || (lock === undefined && isModule)) return;
  if (lock === undefined) {
    findings.add(directory || '.', 'lock-missing', `there is no ${LOCK_FILE}: make it with tofu init`);
    return;
  }
  const locked = findings.attempt(path, () => parseHcl(lock.bytes));
  for (const one of locked === undefined ? [] : required) checkLocked(path, locked?.blocks ?? [], one, rules, findings);
}

/** The provider that a block needs, by its local name. */
function providerOf({ type, labels }: HclBlock): string | undefined {
  if (type === 'provider') return labels[0];
  return type === 'resource' || type === 'data' ? labels[0]?.split('_')[0] : undefined;
}

function checkLocked(
  path: string,
  blocks: readonly HclBlock[],
  { name, source, version, path: from }: Required,
  rules: DocumentRules,
  findings: Findings,
): void {
  const found = blocks.find(({ type, labels }) => type === 'provider' && isSame(labels[0] ?? '', source));
  if (found === undefined) {
    findings.add(path, 'lock-unequal', `it has no provider ${source}, which ${from} requires`);
    return;
  }
  const add = (code: string, reason: string) => findings.add(path, code, reason, found.line);
  const { attributes } = found.body;
  const [address = ''] = found.labels;
  if (!rules.providers.includes(address)) add('document-forbidden', `the provider ${address} is not allowed`);
  if (normal(plainText(attributes.get('constraints')) ?? '') !== normal(version))
    add('lock-unequal', `the provider ${name} is locked for other versions than ${version || 'any'}`);
  const hashes = (attributes.get('hashes') ?? []).filter(({ kind }) => kind === 'text');
  if (hashes.length === 0 || !hashes.every(({ text }) => /^(?:h1|zh):[A-Za-z0-9+/=]{40,}$/.test(text)))
    add('source-unpinned', `the provider ${name} has no hashes`);
  if (!/^[0-9]+\.[0-9]+\.[0-9]+/.test(plainText(attributes.get('version')) ?? ''))
    add('source-unpinned', `the provider ${name} has no version`);
}

interface Required {
  readonly path: string;
  readonly name: string;
  readonly source: string;
  readonly version: string;
}

function requiredIn(path: string, body: HclBody, findings: Findings): Required[] {
  const blocks = body.blocks.filter(({ type }) => type === 'terraform').flatMap((block) => block.body.blocks);
  return blocks
    .filter(({ type }) => type === 'required_providers')
    .flatMap(({ body: { attributes }, line }) =>
      [...attributes].map(([name, tokens]) => {
        const member = (key: string): string => {
          const at = tokens.findIndex(
            (token, index) => token.text === key && /^[=:]$/.test(tokens[index + 1]?.text ?? ''),
          );
          const value = tokens[at + 2];
          return at >= 0 && value?.kind === 'text' && value.inner?.length === 0 ? value.text : '';
        };
        const [source, version] = [member('source'), member('version')];
        if (source === '') findings.add(path, 'source-unpinned', `the provider ${name} has no source`, line);
        if (version === '') findings.add(path, 'source-unpinned', `the provider ${name} has no version`, line);
        return { path, name, source, version };
      }),
    )
    .toSorted((a, b) => compare(a.name, b.name));
}

/** A source without a host means the registry of the tool that reads it. */
function isSame(address: string, source: string): boolean {
  const parts = source.split('/');
  if (parts.length === 3) return address === source;
  const full = parts.length === 2 ? source : `hashicorp/${source}`;
  return address === `registry.opentofu.org/${full}` || address === `registry.terraform.io/${full}`;
}

function normal(constraints: string): string {
  const parts = constraints.split(',').map((part) => part.replaceAll(/\s+/g, '').replace(/^=(?!=)/, ''));
  return parts.toSorted(compare).join(',');
}
