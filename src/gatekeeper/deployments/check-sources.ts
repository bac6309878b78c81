import { DocumentFault, parseStrictYaml } from '../documents/index.ts';
import type { Findings } from './finding.ts';
import { rolesIn } from './roles.ts';
import { directoryOf, hasPath, joined, nameOf, type Tree } from './tree.ts';

const EXACT = /^v?[0-9]+(?:\.[0-9]+){0,3}(?:[-+][0-9A-Za-z.-]+)?$/;
const COMMIT = /^[0-9a-f]{40}$/;

type Entry = Record<string, unknown>;

/**
 * Checks the lists of what tools would fetch: each thing has one exact version, and lies in the closure itself, since hosts
 * fetch nothing but the closure.
 */
export function checkSources(tree: Tree, findings: Findings): void {
  for (const [path, { bytes }] of tree) {
    const name = nameOf(path);
    if (/^requirements\.ya?ml$/.test(name)) findings.attempt(path, () => checkGalaxy(tree, path, bytes, findings));
    if (/^requirements.*\.txt$/.test(name)) checkPython(path, bytes, findings);
    if (name === 'Chart.yaml') findings.attempt(path, () => checkChart(tree, path, bytes, findings));
  }
}

function checkGalaxy(tree: Tree, path: string, bytes: Uint8Array, findings: Findings): void {
  const value = parseStrictYaml(bytes);
  const lists = Array.isArray(value) ? { roles: value } : ((value ?? {}) as Entry);
  for (const [kind, list] of Object.entries(lists)) {
    if ((kind !== 'roles' && kind !== 'collections') || !Array.isArray(list)) {
      const where = `/${kind.slice(0, 60)}`;
      throw new DocumentFault('malformed', 'it has lists of roles and collections, and nothing else', where);
    }
    for (const entry of list)
      checkGalaxyEntry(tree, path, kind, typeof entry === 'string' ? { name: entry } : entry, findings);
  }
}

function checkGalaxyEntry(
  tree: Tree,
  path: string,
  kind: 'roles' | 'collections',
  { name, src, version, source, type }: Entry,
  findings: Findings,
): void {
  const called = String(name ?? src ?? source ?? '');
  const from = `${called} ${String(src ?? '')} ${String(source ?? '')}`;
  const isGit = type === 'git' || /(?:^|\s)(?:git|https?:|ssh:)|\.git(?:\s|$)|@/.test(from);
  const isPinned = typeof version === 'string' && (isGit ? COMMIT : EXACT).test(version);
  if (!isPinned) {
    const what = isGit ? 'commit' : 'version';
    findings.add(path, 'source-unpinned', `${called.slice(0, 100)} has no exact ${what}`);
  }
  const isHere =
    kind === 'roles'
      ? rolesIn(tree).some((role) => role.name === called)
      : hasPath(tree, joined('collections/ansible_collections', called.replace('.', '/')));
  if (!isHere) findings.add(path, 'source-outside', `${called.slice(0, 100)} is not in the deployment`);
}

/** pip's own form for what is pinned: one version and the hashes of its files. */
function checkPython(path: string, bytes: Uint8Array, findings: Findings): void {
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .replaceAll(/\\\r?\n/g, ' ')
    .split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/(?:^|\s)#.*$/, '').trim();
    if (line === '') continue;
    if (
      !/^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]+\])?==[A-Za-z0-9][A-Za-z0-9.+!-]*(?:\s+--hash=sha(?:256|384|512):[0-9a-f]{64,128})+$/.test(
        line,
      )
    )
      findings.add(path, 'source-unpinned', `${line.slice(0, 100)}: write name==version --hash=sha256:…`, index + 1);
  }
}

function checkChart(tree: Tree, path: string, bytes: Uint8Array, findings: Findings): void {
  const chart = parseStrictYaml(bytes) as Entry;
  for (const entry of Array.isArray(chart.dependencies) ? (chart.dependencies as Entry[]) : []) {
    const name = String(entry.name ?? '');
    if (typeof entry.version !== 'string' || !EXACT.test(entry.version))
      findings.add(path, 'source-unpinned', `the chart ${name.slice(0, 100)} has no exact version`);
    if (!hasPath(tree, joined(directoryOf(path), 'charts', name)))
      findings.add(path, 'source-outside', `the chart ${name.slice(0, 100)} is not in the deployment (charts/)`);
  }
}
