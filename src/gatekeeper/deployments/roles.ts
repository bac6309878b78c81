import type { DocumentRules } from '../documents/index.ts';
import { hasPath, joined, type Tree } from './tree.ts';

/** A directory with a role of Ansible, and the name that plays know it by. */
export interface Role {
  readonly name: string;
  readonly directory: string;
}

const COLLECTION = 'collections/ansible_collections';
const ROLE_DIRECTORY = new RegExp(`^(?:roles/([^/]+)|${COLLECTION}/([^/]+)/([^/]+)/roles/([^/]+))/`);
const MODULE = new RegExp(
  `^(?:(?:roles/[^/]+/)?library|${COLLECTION}/([^/]+)/([^/]+)/plugins/modules)/([a-z0-9_]+)\\.py$`,
);
/** Modules that name other files of the closure, which are checked with it. */
const INCLUDING = ['import_role', 'import_tasks', 'include_role', 'include_tasks', 'include_vars'];

/** The roles of a closure, those of its collections by their full names; two directories may hold roles of one name. */
export function rolesIn(tree: Tree): Role[] {
  const found = new Map<string, Role>();
  for (const path of tree.keys()) {
    const [directory, plain, namespace, collection, role] = ROLE_DIRECTORY.exec(path) ?? [];
    if (directory === undefined) continue;
    const name = plain ?? `${namespace}.${collection}.${role}`;
    found.set(directory, { name, directory: directory.slice(0, -1) });
  }
  // Ansible looks at the top too, where a name is none that a collection may have.
  for (const { name } of [...found.values()]) {
    if (hasPath(tree, name)) found.set(name, { name, directory: name });
  }
  return [...found.values()];
}

/** A library's rules for the documents of a closure: its own roles and modules are known, and it runs on its own host. */
export function rulesWithin(tree: Tree, rules: DocumentRules): DocumentRules {
  const modules = [...tree.keys()].flatMap((path) => {
    const [, namespace, collection, name] = MODULE.exec(path) ?? [];
    if (name === undefined) return [];
    return namespace === undefined ? [name] : [`${namespace}.${collection}.${name}`];
  });
  return {
    ...rules,
    roles: [...rules.roles, ...rolesIn(tree).map(({ name }) => name)],
    modules: [...rules.modules, ...INCLUDING, ...modules],
    localConnection: true,
  };
}

/** Where a file is looked for that tasks of a role, or of a playbook at the top (no role), name. */
export function placesOf(role: Role | undefined, within: string, name: string, folders: readonly string[]): string[] {
  const roots = role === undefined ? [''] : [role.directory, ''];
  return [
    joined(within, name),
    ...roots.flatMap((root) => ['', ...folders].map((folder) => joined(root, folder, name))),
  ];
}
