import { type DocumentRules, type HclBlock, type HclBody, parseHcl, plainText } from '../documents/index.ts';
import { checkProviders } from './check-providers.ts';
import { checkFilesRead } from './check-tofu-files.ts';
import type { Findings } from './finding.ts';
import { directoryOf, hasPath, type Tree } from './tree.ts';

/** Not among them: `check`, which holds data sources of its own, and what changes the state (`import`, `removed`). */
const ROOT_BLOCKS = ['data', 'locals', 'module', 'moved', 'output', 'provider', 'resource', 'terraform', 'variable'];

/** A file of a configuration, read. */
interface File {
  readonly path: string;
  readonly body: HclBody;
}

/**
 * Checks the configurations of OpenTofu in a closure, one a directory: providers and types that the library lists, each
 * provider as the lock file pins it; modules of the closure alone; no provisioners; no files from outside.
 */
export function checkTofu(tree: Tree, rules: DocumentRules, findings: Findings): void {
  const files: File[] = [];
  for (const [path, { bytes }] of tree) {
    if (/\.(?:tf|tofu|tfvars)\.json$/.test(path))
      findings.add(path, 'document-forbidden', 'write it in HCL, which can be checked');
    if (!/\.(?:tf|tofu|tfvars)$/.test(path)) continue;
    const body = findings.attempt(path, () => parseHcl(bytes));
    if (body !== undefined) files.push({ path, body });
  }
  for (const { path, body } of files) {
    checkFilesRead(tree, path, body, findings);
    if (path.endsWith('.tfvars')) continue;
    for (const block of body.blocks) checkBlock(tree, path, block, rules, findings);
  }
  const configurations = files.filter(({ path }) => !path.endsWith('.tfvars'));
  for (const directory of new Set(configurations.map(({ path }) => directoryOf(path)))) {
    const own = configurations.filter(({ path }) => directoryOf(path) === directory);
    const isModule = configurations.some(({ path, body }) => callsModule(path, body, directory));
    checkProviders(tree, { directory, files: own, isModule }, rules, findings);
  }
}

function checkBlock(tree: Tree, path: string, block: HclBlock, rules: DocumentRules, findings: Findings): void {
  const { type, labels, line, body } = block;
  const [kind = ''] = labels;
  const refuse = (code: string, reason: string, at = line) => findings.add(path, code, reason, at);
  if (!ROOT_BLOCKS.includes(type)) {
    refuse('document-forbidden', `the block ${type} is not known`);
    return;
  }
  if (type === 'resource' && !rules.resources.includes(kind))
    refuse('document-forbidden', `the resource ${kind} is not allowed`);
  if (type === 'data' && (kind === 'external' || !rules.dataSources.includes(kind)))
    refuse('document-forbidden', `the data source ${kind} is not allowed`);
  if (type === 'module') checkModule(tree, path, block, refuse);
  for (const inner of body.blocks) checkInner(inner, type, refuse);
}

type Refuse = (code: string, reason: string, line?: number) => void;

function checkInner(block: HclBlock, within: string, refuse: Refuse): void {
  if (block.type === 'provisioner' || block.type === 'connection')
    refuse('document-forbidden', `the ${block.type} ${block.labels[0] ?? ''} is not allowed`, block.line);
  if (within === 'terraform' && (block.type === 'cloud' || block.type === 'encryption'))
    refuse('document-forbidden', `the block ${block.type} is not allowed`, block.line);
  for (const inner of block.body.blocks) checkInner(inner, block.type, refuse);
}

function checkModule(tree: Tree, path: string, { body, line, labels }: HclBlock, refuse: Refuse): void {
  const source = plainText(body.attributes.get('source'));
  const name = labels[0] ?? '';
  if (source === undefined || !/^\.\.?\//.test(source)) {
    const shown = source ?? 'a computed place';
    refuse('source-outside', `the module ${name} comes from ${shown.slice(0, 100)}: put it into the deployment`, line);
    return;
  }
  const directory = within(directoryOf(path), source);
  if (directory === undefined || !hasPath(tree, directory))
    refuse('source-outside', `the module ${name} (${source.slice(0, 100)}) is not in the deployment`, line);
}

/** A relative path from a directory of the closure; `undefined` when it leads out. */
function within(directory: string, path: string): string | undefined {
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function callsModule(path: string, body: HclBody, directory: string): boolean {
  return body.blocks.some((block) => {
    const source = block.type === 'module' ? plainText(block.body.attributes.get('source')) : undefined;
    return source !== undefined && within(directoryOf(path), source) === directory;
  });
}
