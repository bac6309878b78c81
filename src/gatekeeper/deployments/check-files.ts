import { sha256Hex } from '../../system/canonical.ts';
import { type ArchivedFile, parseStrictYamlStream } from '../documents/index.ts';
import { DECLARATION_FILE, type Declaration } from './declaration.ts';
import type { Findings } from './finding.ts';
import { directoryOf, isYaml, nameOf, type Tree } from './tree.ts';

/** Data that a tool copies or fills in, and never runs itself. */
const DATA = /(?:^|\/)(?:files|templates)\//;
/** Where Ansible loads code from by itself. */
const LOADED = /(?:^|\/)(?:library|module_utils)\/|(?:^|\/)plugins\/(?:modules|module_utils)\//;
const PLUGIN = /(?:^|\/)(?:[a-z_]+_plugins|plugins)\//;
const PROGRAM = /\.(?:py|pyc|pyo|so|sh|bash|ps1|pl|rb|js|lua|exe|jar)$/i;
/** Files that say how a tool behaves, whatever the command says. */
const SETTINGS =
  /^(?:ansible\.cfg|\.ansible\.cfg|\.ansible-lint|\.terraformrc|\.tofurc|terraform\.rc|tofu\.rc|\.env|\.vault_pass|\.netrc|\.pip\.conf|\.npmrc)$/i;
/** Directories in which tools keep programs and settings of their own. */
const OWN_DIRECTORY = /(?:^|\/)(?:\.terraform|\.terraform\.d|terraform\.d|\.tofu|\.git|\.ansible)\//;
/** A collection's `runtime.yml` has other names stand for its modules and roles. */
const COLLECTION_META = /^collections\/ansible_collections\/[^/]+\/[^/]+\/meta\//;
const STATE = /^(?:terraform|tofu)\.tfstate(?:\..*)?$|\.tfstate(?:\.backup)?$/i;

/** Checks what holds for every file: no settings of tools, no plugins, no program that the declaration does not name. */
export function checkFiles(tree: Tree, declaration: Declaration, findings: Findings): void {
  checkCode(tree, declaration, findings);
  const configurations = new Set([...tree.keys()].filter((path) => /\.(?:tf|tofu)$/.test(path)).map(directoryOf));
  for (const file of tree.values()) {
    const { path } = file;
    const name = nameOf(path);
    if (SETTINGS.test(name) || OWN_DIRECTORY.test(path) || COLLECTION_META.test(path))
      findings.add(path, 'settings-forbidden', 'settings of a tool could change what a command does');
    if (STATE.test(name))
      findings.add(path, 'settings-forbidden', 'the state of a configuration stays where the region keeps it');
    if (PLUGIN.test(path) && !LOADED.test(path))
      findings.add(path, 'plugin-forbidden', 'plugins run inside of the tool itself');
    if (isProgram(file, configurations) && !declaration.code.some((it) => it.path === path))
      findings.add(
        path,
        'code-undeclared',
        `it is a program: name it with its SHA-256 under code in ${DECLARATION_FILE}`,
      );
    if (isYaml(path) && !DATA.test(path)) findings.attempt(path, () => parseStrictYamlStream(file.bytes));
  }
}

function checkCode(tree: Tree, { code }: Declaration, findings: Findings): void {
  for (const { path, sha256 } of code) {
    const file = tree.get(path);
    if (file === undefined)
      findings.add(DECLARATION_FILE, 'file-missing', `the program ${path} is not in the deployment`);
    else if (sha256Hex(file.bytes) !== sha256)
      findings.add(path, 'code-changed', `it is not the program whose SHA-256 ${DECLARATION_FILE} gives`);
    else if (!LOADED.test(path)) findings.add(path, 'code-undeclared', 'only modules of Ansible may be programs');
  }
}

/** Whether a tool would run it, or load it. A file that is only copied or filled in is data; beside a `.tf` it is none. */
function isProgram({ path, bytes, executable }: ArchivedFile, configurations: ReadonlySet<string>): boolean {
  if (LOADED.test(path) || (executable && configurations.has(directoryOf(path)))) return true;
  if (DATA.test(path) && !PLUGIN.test(path)) return false;
  return executable || PROGRAM.test(nameOf(path)) || startsAsProgram(bytes);
}

function startsAsProgram(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  return (a === 0x23 && b === 0x21) || (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46);
}
