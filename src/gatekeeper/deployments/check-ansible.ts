import {
  checkLoopedValues,
  checkTasks,
  checkTemplateFile,
  checkVariablesFile,
  DocumentFault,
  type DocumentRules,
  loopedNames,
  parseStrictYaml,
  type Reference,
  referencesOf,
} from '../documents/index.ts';
import type { Findings } from './finding.ts';
import { placesOf, type Role, rolesIn } from './roles.ts';
import { directoryOf, hasPath, isYaml, joined, type Tree } from './tree.ts';

const MAX_BYTES = 512 * 1024;
/** Folders of a role that Ansible reads by itself, also without an ending or with `.json`. */
const LOADED_FOLDERS = ['defaults', 'handlers', 'meta', 'tasks', 'vars'];
/** Folders in which a kind of file is looked for, besides the one of who names it. */
const FOLDERS: Readonly<Record<Exclude<Reference['kind'], 'role'>, readonly string[]>> = {
  tasks: ['tasks', 'handlers'],
  variables: ['vars'],
  template: ['templates'],
  file: ['files'],
};

/**
 * Checks what Ansible reads besides the playbooks of the steps: every task file, handler, variable file, template and role of
 * the closure; and that all that they and the `playbooks` name is in it. `rules`: those of ./roles.ts.
 */
export function checkAnsible(tree: Tree, playbooks: readonly string[], rules: DocumentRules, findings: Findings): void {
  const check = new AnsibleCheck(tree, rules, findings);
  for (const playbook of playbooks) check.playbook(playbook);
  for (const role of rolesIn(tree)) check.role(role);
  for (const path of tree.keys()) {
    if (/(?:^|\/)(?:group_vars|host_vars)\//.test(path)) check.variables(path);
    if (/^templates\//.test(path)) check.template(path);
  }
  check.loops();
}

class AnsibleCheck {
  readonly #tree: Tree;
  readonly #rules: DocumentRules;
  readonly #findings: Findings;
  readonly #roles: readonly Role[];
  readonly #done = new Set<string>();
  /** What the files say that could be read, but for templates. */
  readonly #read = new Map<string, unknown>();

  constructor(tree: Tree, rules: DocumentRules, findings: Findings) {
    this.#tree = tree;
    this.#roles = rolesIn(tree);
    this.#rules = rules;
    this.#findings = findings;
  }

  /** Its plays were checked with the command that names it. */
  playbook(path: string): void {
    if (path.includes('/')) {
      this.#findings.add(path, 'playbook-place', 'a playbook lies at the top, beside roles and group_vars');
      return;
    }
    const plays = this.#findings.attempt(path, () => this.#yaml(path));
    this.#references(plays, path, undefined);
  }

  role(role: Role): void {
    for (const path of this.#tree.keys()) {
      if (!path.startsWith(`${role.directory}/`)) continue;
      const folder = path.slice(role.directory.length + 1).split('/')[0] ?? '';
      // It would be read as if it had one, and, of a role's description, before the one that has.
      if (LOADED_FOLDERS.includes(folder) && !isYaml(path))
        this.#findings.add(path, 'document-forbidden', 'here files have names that end with .yml or .yaml');
      if (folder === 'tasks' || folder === 'handlers') this.tasks(path, role);
      else if (folder === 'vars' || folder === 'defaults') this.variables(path);
      else if (folder === 'templates') this.template(path);
      else if (folder === 'meta') this.#findings.attempt(path, () => this.#meta(path, role));
    }
    if (role.directory !== role.name && !hasPath(this.#tree, joined(role.directory, 'tasks')))
      this.#findings.add(role.directory, 'file-missing', 'the role has no tasks');
  }

  /** `isSure`: whether it is for tasks by where it lies; else what is no list is something else, which Ansible refuses. */
  tasks(path: string, role?: Role, isSure = true): void {
    if (this.#isDone(`tasks ${isSure}`, path)) return;
    const tasks = this.#findings.attempt(path, () => {
      const list = this.#yaml(path);
      if (!isSure && !Array.isArray(list)) return undefined;
      checkTasks(list, '', this.#rules);
      return list;
    });
    this.#references(tasks, path, role);
  }

  variables(path: string, isSure = true): void {
    if (this.#isDone(`variables ${isSure}`, path)) return;
    this.#findings.attempt(path, () => {
      const variables = this.#yaml(path);
      if (isSure || isMap(variables)) checkVariablesFile(this.#bytes(path));
    });
  }

  template(path: string): void {
    if (!this.#isDone('template', path)) this.#findings.attempt(path, () => checkTemplateFile(this.#bytes(path)));
  }

  /** What one file loops over, another may define. */
  loops(): void {
    const names = new Set([...this.#read.values()].flatMap(loopedNames));
    for (const [path, value] of this.#read) this.#findings.attempt(path, () => checkLoopedValues(value, names));
  }

  #references(list: unknown, from: string, role: Role | undefined): void {
    for (const reference of referencesOf(list)) {
      if (reference.kind === 'role') this.#needRole(reference.name, from);
      else this.#follow(reference as Reference & { kind: keyof typeof FOLDERS }, from, role);
    }
  }

  #needRole(name: string, from: string): void {
    if (this.#roles.some((role) => role.name === name)) return;
    this.#findings.add(from, 'file-missing', `the role ${name} is not in the deployment`);
  }

  /**
   * All that a name may stand for is checked, wherever it lies: which of them is read depends on where it is read from, and on
   * what included that.
   */
  #follow({ kind, name }: Reference & { kind: keyof typeof FOLDERS }, from: string, role: Role | undefined): void {
    const places = placesOf(role, directoryOf(from), name, FOLDERS[kind]).filter((place) => hasPath(this.#tree, place));
    if (places.length === 0) this.#findings.add(from, 'file-missing', `${name} is not in the deployment`);
    if (kind === 'file') return;
    for (const path of this.#tree.keys()) {
      if (!`/${path}/`.includes(`/${name.replace(/\/$/, '')}/`)) continue;
      const owner = this.#roles.find(({ directory }) => path.startsWith(`${directory}/`)) ?? role;
      if (kind === 'tasks') this.tasks(path, owner, false);
      else if (kind === 'variables') this.variables(path, false);
      else this.template(path);
    }
  }

  /** Dependencies run before the role itself, so they must be here too. */
  #meta(path: string, role: Role): void {
    if (!isYaml(path) || this.#isDone('meta', path)) return;
    // Of argument_specs.yml Ansible makes a task, with its templates.
    checkVariablesFile(this.#bytes(path));
    const meta = this.#yaml(path);
    if (path !== joined(role.directory, 'meta/main.yml') && path !== joined(role.directory, 'meta/main.yaml')) return;
    if (!isMap(meta)) throw new DocumentFault('malformed', 'it is no map');
    const { dependencies, galaxy_info: _about, allow_duplicates: _many, ...rest } = meta;
    const [odd] = Object.keys(rest);
    if (odd !== undefined) throw new DocumentFault('forbidden', 'this keyword is not allowed', `/${odd.slice(0, 60)}`);
    for (const entry of Array.isArray(dependencies) ? dependencies : []) {
      const [reference] = referencesOf([{ hosts: [], roles: [entry] }]);
      const plain =
        typeof entry === 'string' || Object.keys(entry as object).every((key) => key === 'role' || key === 'name');
      if (reference === undefined || !plain)
        throw new DocumentFault('forbidden', 'a dependency is the name of a role of this deployment', '/dependencies');
      this.#needRole(reference.name, path);
    }
  }

  /** A file may be read as more than one kind, and what one lets through is another's fault. */
  #isDone(kind: string, path: string): boolean {
    const key = `${kind} ${path}`;
    if (this.#done.has(key)) return true;
    this.#done.add(key);
    return false;
  }

  #yaml(path: string): unknown {
    const value = parseStrictYaml(this.#bytes(path), { bytes: MAX_BYTES });
    this.#read.set(path, value);
    return value;
  }

  #bytes(path: string): Uint8Array {
    return this.#tree.get(path)?.bytes ?? new Uint8Array();
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
