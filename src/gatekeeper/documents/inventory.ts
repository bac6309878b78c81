import { DocumentFault, shown } from './fault.ts';
import { type DocumentRules, NO_RULES } from './rules.ts';
import { checkCharacters, decodeText } from './text.ts';
import { parseStrictYaml } from './yaml.ts';

const MAX_BYTES = 256 * 1024;

/** Who is to be reached, and where; never how: that is where programs and options of SSH could be named. */
const CONNECTION_VARIABLES = ['ansible_host', 'ansible_port', 'ansible_user', 'ansible_become', 'ansible_become_user'];
/** Where the rules let a host be this machine: the only value that it may have then is `local`. */
const LOCAL_CONNECTION = 'ansible_connection';
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const ADDRESS = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$/;
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const VALUE = /^[A-Za-z0-9_][A-Za-z0-9_.:/@+-]{0,255}$/;
/** The machine that the inventory is read on. */
const LOCAL = /^(?:localhost(?:\..*)?|ip6-localhost|127\..*|0+(?:\..*)?|::1?|::ffff:.*)$/i;

export interface Inventory {
  /** Names of its hosts and groups, in the order of the document. */
  readonly hosts: readonly string[];
  readonly groups: readonly string[];
}

/**
 * Reads a static inventory of Ansible, in its INI or YAML form: hosts, groups, and plain variables. Throws DocumentFault.
 * Ansible tries one form after the other, so the names of its own variables are looked for in the whole text.
 */
export function checkInventory(bytes: Uint8Array, rules: DocumentRules = NO_RULES): Inventory {
  const text = decodeText(bytes, MAX_BYTES);
  checkCharacters(text);
  if (/^#!/.test(text)) throw new DocumentFault('forbidden', 'an inventory that is a program is not allowed');
  for (const [variable] of text.matchAll(/ansible_[A-Za-z0-9_]*/gi)) {
    refuseOwnVariable(variable, '', rules.localConnection === true);
  }
  const found: Found = { hosts: new Set(), groups: new Set(), isLocalAllowed: rules.localConnection === true };
  const first = text.split('\n').find((line) => !/^\s*(?:[#;].*)?$/.test(line)) ?? '';
  if (/^(?:---|[A-Za-z_][A-Za-z0-9_]*:)\s*(?:#.*)?$/.test(first)) readGroups(parseStrictYaml(bytes), '', found);
  else readIni(text, found);
  return { hosts: [...found.hosts], groups: [...found.groups] };
}

interface Found {
  readonly isLocalAllowed: boolean;
  hosts: Set<string>;
  groups: Set<string>;
}

function readIni(text: string, found: Found): void {
  let section: 'hosts' | 'vars' | 'children' = 'hosts';
  for (const [index, raw] of text.split('\n').entries()) {
    const where = `line ${index + 1}`;
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('[')) {
      const [, group = '', kind] = /^\[([^\]:]*)(?::(vars|children))?\]$/.exec(line) ?? [];
      addGroup(group, where, found);
      section = (kind as 'vars' | 'children' | undefined) ?? 'hosts';
    } else if (section === 'children') {
      addGroup(line, where, found);
    } else if (section === 'vars') {
      readAssignment(line.replace(/\s*=\s*/, '='), where, found);
    } else {
      const [host = '', ...variables] = line.split(/[ \t]+/);
      addHost(host, where, found);
      for (const variable of variables) readAssignment(variable, where, found);
    }
  }
}

function readAssignment(text: string, where: string, found: Found): void {
  const at = text.indexOf('=');
  if (at < 0) throw new DocumentFault('malformed', `${shown(text)} is no variable with a value`, where);
  checkVariable(text.slice(0, at), text.slice(at + 1), where, found);
}

function readGroups(value: unknown, where: string, found: Found): void {
  for (const [name, group] of entries(value, where)) {
    const at = `${where}/${shown(name).slice(1, -1)}`;
    addGroup(name, at, found);
    for (const [key, part] of entries(group, at)) {
      if (key === 'hosts') readHosts(part, `${at}/hosts`, found);
      else if (key === 'vars') readVariables(part, `${at}/vars`, found);
      else if (key === 'children') readGroups(part, `${at}/children`, found);
      else throw new DocumentFault('forbidden', `${shown(key)} is not allowed in a group`, at);
    }
  }
}

function readHosts(value: unknown, where: string, found: Found): void {
  for (const [name, variables] of entries(value, where)) {
    addHost(name, where, found);
    readVariables(variables, `${where}/${name}`, found);
  }
}

function readVariables(value: unknown, where: string, found: Found): void {
  for (const [name, it] of entries(value, where)) {
    if (typeof it === 'object' && it !== null)
      throw new DocumentFault('forbidden', 'only a plain value is allowed', `${where}/${shown(name)}`);
    checkVariable(name, String(it ?? ''), where, found);
  }
}

/** Ansible takes an empty map and nothing for the same. */
function entries(value: unknown, where: string): [string, unknown][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw new DocumentFault('malformed', 'it is no map', where);
  return Object.entries(value);
}

function refuseOwnVariable(name: string, where: string, isLocalAllowed: boolean): void {
  if (!/^ansible_/i.test(name) || CONNECTION_VARIABLES.includes(name)) return;
  if (isLocalAllowed && name === LOCAL_CONNECTION) return;
  throw new DocumentFault('forbidden', `the variable ${shown(name)} is not allowed`, where);
}

/** By its name as YAML decodes it: the whole text may have it with escapes. */
function checkVariable(name: string, value: string, where: string, { isLocalAllowed }: Found): void {
  refuseOwnVariable(name, where, isLocalAllowed);
  if (!NAME.test(name)) throw new DocumentFault('malformed', `${shown(name)} can't be a variable's name`, where);
  const right =
    name === 'ansible_host'
      ? ADDRESS.test(value) && !LOCAL.test(value)
      : name === 'ansible_port'
        ? /^[1-9][0-9]{0,4}$/.test(value)
        : name === 'ansible_user' || name === 'ansible_become_user'
          ? USER.test(value)
          : name === 'ansible_become'
            ? /^(?:true|false)$/.test(value)
            : name === LOCAL_CONNECTION
              ? value === 'local'
              : VALUE.test(value);
  if (!right) throw new DocumentFault('forbidden', `${shown(value)} is not allowed for ${name}`, where);
}

function addHost(name: string, where: string, found: Found): void {
  if (!HOST.test(name) || LOCAL.test(name))
    throw new DocumentFault('forbidden', `the host ${shown(name)} is not allowed`, where);
  found.hosts.add(name);
}

function addGroup(name: string, where: string, found: Found): void {
  if (!NAME.test(name)) throw new DocumentFault('malformed', `${shown(name)} can't be a group's name`, where);
  found.groups.add(name);
}
