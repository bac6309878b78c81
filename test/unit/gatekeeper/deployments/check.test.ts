import { describe, expect, it } from 'vitest';
import { readSeedFile } from '../../../../src/chain/index.ts';
import { checkClosure, type Finding, packClosure, parseDvciRules } from '../../../../src/gatekeeper/index.ts';
import { builtInLibraries } from '../../../../src/service/index.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';
import { deploymentFiles } from './deployment-files.ts';

const dvci = parseDvciRules(readSeedFile('network/dvci-rules.json'));
const rules = { libraries: builtInLibraries(), accepted: ['ansible/*', 'tofu/*', 'helm/*', 'openstack/*'], dvci };

function check(others: Readonly<Record<string, string | null>>): readonly Finding[] {
  return checkClosure(packClosure(deploymentFiles({}, others)), rules).findings;
}

/** The deployment's own declaration, changed. */
function declared(change: (declaration: Record<string, unknown>) => void): Record<string, string> {
  const file = deploymentFiles().find(({ path }) => path === 'deployment.yaml');
  const declaration = JSON.parse(Buffer.from(file?.bytes ?? []).toString()) as Record<string, unknown>;
  change(declaration);
  return { 'deployment.yaml': JSON.stringify(declaration) };
}

const TASKS = 'roles/message/tasks/main.yaml';
const TEMPLATE = 'roles/message/templates/message.j2';
const MODULE = '#!/usr/bin/python3\nprint("{}")\n';
const LOCK = [
  'provider "registry.opentofu.org/terraform-provider-openstack/openstack" {',
  '  version     = "3.0.0"',
  '  constraints = "3.0.0"',
  '  hashes = [',
  `    "h1:${'A'.repeat(43)}=",`,
  '  ]',
  '}',
  '',
].join('\n');
const PROVIDERS =
  'terraform {\n  required_providers {\n    openstack = { source = "terraform-provider-openstack/openstack", version = "3.0.0" }\n  }\n}\n';
const NETWORK = 'resource "openstack_networking_network_v2" "one" {\n  name = "one"\n}\n';

describe('a deployment without a fault', () => {
  it('passes, with roles, templates, included files, modules of its own and pinned providers', () => {
    const { steps, findings } = checkClosure(packClosure(deploymentFiles()), rules);
    expect(findings).toEqual([]);
    expect(steps).toMatchObject([
      { command: { operation: 'ansible.playbook' }, drift: { parameters: { check: true } } },
    ]);
    expect(
      check({ [TASKS]: '- ansible.builtin.import_tasks: more.yaml\n', 'roles/message/tasks/more.yaml': '- ping:\n' }),
    ).toEqual([]);
    expect(
      check({ 'roles/message/meta/main.yaml': 'dependencies: [first]\n', 'roles/first/tasks/main.yaml': '- ping:\n' }),
    ).toEqual([]);
    // A file of the same name that is of another kind is none that Ansible could take for it.
    expect(
      check({
        [TASKS]: '- include_vars: debian.yaml\n- include_tasks: debian.yaml\n',
        'roles/message/tasks/debian.yaml': '- ping:\n',
        'roles/message/vars/debian.yaml': 'a: "{{ text }}"\n',
        'roles/message/meta/argument_specs.yml': 'argument_specs: { main: { options: { text: { type: str } } } }\n',
      }),
    ).toEqual([]);
    const loop = '- debug: { msg: "{{ item }}" }\n  loop: "{{ texts }}"\n';
    expect(check({ [TASKS]: loop, 'group_vars/all.yaml': 'texts: [a, b]\n' })).toEqual([]);
    expect(check({ 'files/script.sh': '#!/bin/sh\n', 'README.md': 'text' })).toEqual([]);
    expect(check({ 'main.tf': PROVIDERS + NETWORK, '.terraform.lock.hcl': LOCK })).toEqual([]);
    const local = 'locals {\n  a = templatefile("\u0024{path.module}/x.tftpl", { b = file("x.tftpl") })\n}\n';
    expect(check({ 'net/main.tf': local, 'net/x.tftpl': '%{ for a in b ~}\n\u0024{a}\n%{ endfor }' })).toEqual([]);
    const called = 'module "net" {\n  source = "../net"\n}\n';
    expect(check({ 'net/main.tf': local, 'net/x.tftpl': '', 'all/main.tf': called })).toEqual([]);
    const code = { path: 'library/own.py', sha256: sha256Hex(MODULE) };
    const own = declared((it) => {
      it.code = [code];
    });
    expect(check({ ...own, 'library/own.py': MODULE, [TASKS]: '- own: {}\n' })).toEqual([]);
  });
});

/** What is added or changed, the code that refuses it, and the file that it is found in. */
const BAD: readonly (readonly [
  name: string,
  files: Readonly<Record<string, string | null>>,
  code: string,
  file: string,
])[] = [
  // Programs and settings that tools take up by themselves.
  ['a configuration of ansible', { 'ansible.cfg': '[defaults]\n' }, 'settings-forbidden', 'ansible.cfg'],
  ['a state', { 'terraform.tfstate': '{}' }, 'settings-forbidden', 'terraform.tfstate'],
  ['a callback plugin', { 'callback_plugins/a.py': '' }, 'plugin-forbidden', 'callback_plugins/a.py'],
  [
    'a filter of a role',
    { 'roles/message/filter_plugins/a.py': '' },
    'plugin-forbidden',
    'roles/message/filter_plugins/a.py',
  ],
  [
    'a lookup of a collection',
    { 'collections/ansible_collections/a/b/plugins/lookup/c.py': '' },
    'plugin-forbidden',
    'collections/ansible_collections/a/b/plugins/lookup/c.py',
  ],
  ['a module that is not named', { 'library/own.py': MODULE }, 'code-undeclared', 'library/own.py'],
  ['a program', { 'run.sh': '#!/bin/sh\n' }, 'code-undeclared', 'run.sh'],
  ['an inventory that is a program', { 'hosts.yaml': '#!/bin/sh\n' }, 'code-undeclared', 'hosts.yaml'],
  // Ansible.
  ['a module that is not allowed', { [TASKS]: '- ansible.builtin.shell: id\n' }, 'document-forbidden', TASKS],
  ['a lookup in a task', { [TASKS]: `- debug: { msg: "{{ lookup('pipe', 'id') }}" }\n` }, 'document-forbidden', TASKS],
  ['a template that includes', { [TEMPLATE]: "{% include '/etc/shadow' %}" }, 'document-forbidden', TEMPLATE],
  [
    'a template that calls what it computes',
    { [TEMPLATE]: "{{ (lookup)('pipe', 'id') }}" },
    'document-forbidden',
    TEMPLATE,
  ],
  ['a template that calls', { [TEMPLATE]: "{{ ''.__class__ }}" }, 'document-forbidden', TEMPLATE],
  [
    'a template with another reading',
    { [TEMPLATE]: "#jinja2:variable_start_string:'[['\n[[ lookup('pipe','id') ]]" },
    'document-forbidden',
    TEMPLATE,
  ],
  ['a template that does not end', { [TEMPLATE]: '{{ text' }, 'document-malformed', TEMPLATE],
  [
    'a connection in variables',
    { 'group_vars/all.yaml': 'ansible_connection: local\n' },
    'document-forbidden',
    'group_vars/all.yaml',
  ],
  [
    'a file of variables without an ending',
    { 'host_vars/this-host': 'ansible_shell_executable: /bin/x\n' },
    'document-forbidden',
    'host_vars/this-host',
  ],
  [
    'variables of a role',
    { 'roles/message/vars/main.yaml': 'ansible_python_interpreter: /x\n' },
    'document-forbidden',
    'roles/message/vars/main.yaml',
  ],
  [
    'an encrypted file',
    { 'roles/message/vars/main.yaml': '$ANSIBLE_VAULT;1.1;AES256\n00\n' },
    'document-malformed',
    'roles/message/vars/main.yaml',
  ],
  [
    'a role that is not here',
    { 'site.yaml': '- hosts: this-host\n  roles: [other]\n' },
    'document-forbidden',
    'deployment.yaml',
  ],
  [
    'a dependency that is not here',
    { 'roles/message/meta/main.yaml': 'dependencies: [other]\n' },
    'file-missing',
    'roles/message/meta/main.yaml',
  ],
  [
    'a dependency from elsewhere',
    { 'roles/message/meta/main.yaml': 'dependencies: [{src: "git+https://x.example/r.git"}]\n' },
    'document-forbidden',
    'roles/message/meta/main.yaml',
  ],
  ['tasks that are not here', { [TASKS]: '- import_tasks: other.yaml\n' }, 'file-missing', TASKS],
  ['tasks outside', { [TASKS]: '- import_tasks: ../../../other.yaml\n' }, 'document-forbidden', TASKS],
  ['a file that is not here', { [TASKS]: '- copy: { src: other, dest: /srv/x }\n' }, 'file-missing', TASKS],
  ['a file outside', { [TASKS]: '- copy: { src: /etc/shadow, dest: /srv/x }\n' }, 'document-forbidden', TASKS],
  [
    'bad tasks that are included',
    { [TASKS]: '- include_tasks: more.yaml\n', 'tasks/more.yaml': '- shell: id\n' },
    'document-forbidden',
    'tasks/more.yaml',
  ],
  [
    'bad handlers',
    { 'roles/message/handlers/main.yaml': '- raw: id\n' },
    'document-forbidden',
    'roles/message/handlers/main.yaml',
  ],
  [
    'a bad inventory',
    { 'inventory.yaml': 'all: { hosts: { a: { ansible_connection: chroot } } }\n' },
    'document-forbidden',
    'deployment.yaml',
  ],
  ['keys that stand twice', { 'more.yaml': 'a: 1\na: 2\n' }, 'document-malformed', 'more.yaml'],
  ['a bomb of aliases', { 'more.yaml': 'a: &a [1]\nb: *a\n' }, 'document-malformed', 'more.yaml'],
  [
    'a template with other marks',
    { [TASKS]: "- template: { src: message.j2, dest: /srv/x, variable_start_string: '[[' }\n" },
    'document-forbidden',
    TASKS,
  ],
  [
    'a part of a role outside of it',
    { [TASKS]: '- include_role: { name: message, tasks_from: ../../more.yaml }\n' },
    'document-forbidden',
    TASKS,
  ],
  [
    'variables beside an inventory below',
    { 'inventories/group_vars/all': 'ansible_become_exe: /x\n' },
    'document-forbidden',
    'inventories/group_vars/all',
  ],
  [
    'a role whose name another hides',
    {
      'collections/ansible_collections/ns/c/roles/r/tasks/main.yml': '- shell: id\n',
      'roles/ns.c.r/tasks/main.yml': '- ping:\n',
    },
    'document-forbidden',
    'collections/ansible_collections/ns/c/roles/r/tasks/main.yml',
  ],
  [
    'a role at the top of a name that no collection may have',
    {
      'collections/ansible_collections/ns/c/roles/r-x/tasks/main.yml': '- ping:\n',
      'ns.c.r-x/tasks/main.yml': '- shell: id\n',
    },
    'document-forbidden',
    'ns.c.r-x/tasks/main.yml',
  ],
  ...['main.json', 'main'].map(
    (name) =>
      [
        `a description of a role in ${name}`,
        { [`roles/message/meta/${name}`]: '{"dependencies": [{"src": "git+https://x.example/r.git"}]}' },
        'document-forbidden',
        `roles/message/meta/${name}`,
      ] as const,
  ),
  ...['tasks/main.json', 'tasks/main', 'handlers/main', 'vars/main.json', 'defaults/main'].map(
    (name) =>
      [
        `a part of a role in ${name}`,
        { [`roles/message/${name}`]: name.endsWith('json') ? '{}' : '' },
        'document-forbidden',
        `roles/message/${name}`,
      ] as const,
  ),
  [
    'a template in what a role takes',
    { 'roles/message/meta/argument_specs.yml': `a: "{{ lookup('pipe', 'id') }}"\n` },
    'document-forbidden',
    'roles/message/meta/argument_specs.yml',
  ],
  [
    'names of a collection that stand for others',
    { 'collections/ansible_collections/ns/c/meta/runtime.yml': 'plugin_routing: {}\n' },
    'settings-forbidden',
    'collections/ansible_collections/ns/c/meta/runtime.yml',
  ],
  // What Ansible finds elsewhere than beside.
  [
    'bad tasks in a place that only another include leads to',
    {
      [TASKS]: '- include_tasks: sub/one.yaml\n',
      'roles/message/tasks/sub/one.yaml': '- include_tasks: two.yaml\n',
      'roles/message/tasks/sub/two.yaml': '- ping:\n',
      'roles/message/sub/two.yaml': '- shell: id\n',
    },
    'document-forbidden',
    'roles/message/sub/two.yaml',
  ],
  [
    'bad variables in a place that only another include leads to',
    {
      [TASKS]: '- include_vars: own.yaml\n',
      'roles/message/vars/own.yaml': 'a: 1\n',
      'roles/message/tasks/sub/vars/own.yaml': 'ansible_connection: local\n',
      'sub/vars/own.yaml': 'ansible_connection: local\n',
    },
    'document-forbidden',
    'sub/vars/own.yaml',
  ],
  [
    'a directory of bad variables elsewhere',
    {
      [TASKS]: '- include_vars: { dir: more }\n',
      'roles/message/vars/more/a.yaml': 'a: 1\n',
      'sub/more/b/c.yaml': 'ansible_connection: local\n',
    },
    'document-forbidden',
    'sub/more/b/c.yaml',
  ],
  [
    'a bad template elsewhere',
    { 'sub/message.j2': "{{ lookup('pipe', 'id') }}" },
    'document-forbidden',
    'sub/message.j2',
  ],
  [
    'tasks that are a bad template too',
    {
      [TASKS]: '- include_tasks: more.yaml\n- template: { src: more.yaml, dest: /srv/x }\n',
      'roles/message/tasks/more.yaml': "- ping:\n# {{ lookup('pipe', 'id') }}\n",
    },
    'document-forbidden',
    'roles/message/tasks/more.yaml',
  ],
  [
    'keywords for what is included',
    {
      [TASKS]: '- include_tasks: { file: more.yaml, apply: { become_exe: /srv/x } }\n',
      'roles/message/tasks/more.yaml': '- ping:\n',
    },
    'document-forbidden',
    TASKS,
  ],
  [
    'another module by an argument',
    { [TASKS]: '- package: { use: ansible.builtin.command, argv: [id] }\n' },
    'document-forbidden',
    TASKS,
  ],
  ['facts by programs', { [TASKS]: '- setup: { fact_path: /srv/x }\n' }, 'document-forbidden', TASKS],
  [
    'variables named by escapes',
    { 'group_vars/all.yaml': '"ansible\\x5fconnection": local\n' },
    'document-forbidden',
    'group_vars/all.yaml',
  ],
  [
    'variables under a name of Ansible itself',
    { [TASKS]: '- include_vars: { file: a.yaml, name: ansible_facts }\n', 'roles/message/vars/a.yaml': 'a: 1\n' },
    'document-forbidden',
    TASKS,
  ],
  [
    'a template in what is looped over elsewhere',
    {
      [TASKS]: '- debug: { msg: "{{ item }}" }\n  loop: "{{ texts }}"\n',
      'group_vars/all.yaml': `texts: ["{{ '{' + '{ x }' + '}' }}"]\n`,
    },
    'document-forbidden',
    'group_vars/all.yaml',
  ],
  // Programs that tools find by themselves.
  ...['files/s/.terraform/providers/p', '.terraform/modules/modules.json', '.git/hooks/x', 'a/.ansible/tmp/x'].map(
    (path) => [`what a tool keeps in ${path}`, { [path]: '{}' }, 'settings-forbidden', path] as const,
  ),
  [
    'a mirror of providers',
    { 'files/s/terraform.d/plugins/p': 'x' },
    'settings-forbidden',
    'files/s/terraform.d/plugins/p',
  ],
  // Sources.
  [
    'a role without a version',
    { 'requirements.yml': 'roles: [{ name: message }]\n' },
    'source-unpinned',
    'requirements.yml',
  ],
  [
    'a range of versions',
    { 'requirements.yml': 'collections: [{ name: a.b, version: ">=1.0" }]\n' },
    'source-unpinned',
    'requirements.yml',
  ],
  [
    'a branch',
    { 'requirements.yml': '[{ src: "git+https://x.example/message", name: message, version: main }]\n' },
    'source-unpinned',
    'requirements.yml',
  ],
  [
    'a collection that is not here',
    { 'requirements.yml': 'collections: [{ name: a.b, version: 1.0.0 }]\n' },
    'source-outside',
    'requirements.yml',
  ],
  ['a package without hashes', { 'requirements.txt': 'requests==2.0.0\n' }, 'source-unpinned', 'requirements.txt'],
  ['another index', { 'requirements.txt': '--index-url https://x.example/\n' }, 'source-unpinned', 'requirements.txt'],
  [
    'a chart from elsewhere',
    { 'chart/Chart.yaml': 'name: a\ndependencies: [{ name: b, version: 1.0.0 }]\n' },
    'source-outside',
    'chart/Chart.yaml',
  ],
  // OpenTofu.
  ['no lock file', { 'main.tf': PROVIDERS + NETWORK }, 'lock-missing', '.'],
  [
    'a lock file for another version',
    { 'main.tf': PROVIDERS, '.terraform.lock.hcl': LOCK.replace('constraints = "3.0.0"', 'constraints = "2.0.0"') },
    'lock-unequal',
    '.terraform.lock.hcl',
  ],
  [
    'a lock file of another provider',
    { 'main.tf': PROVIDERS, '.terraform.lock.hcl': LOCK.replace('openstack/openstack', 'evil/evil') },
    'lock-unequal',
    '.terraform.lock.hcl',
  ],
  [
    'a lock without hashes',
    { 'main.tf': PROVIDERS, '.terraform.lock.hcl': LOCK.replace(/hashes = \[[^\]]*\]/, 'hashes = []') },
    'source-unpinned',
    '.terraform.lock.hcl',
  ],
  [
    'a provider that is not allowed',
    {
      'main.tf': PROVIDERS.replaceAll('terraform-provider-openstack/openstack', 'a/b'),
      '.terraform.lock.hcl': LOCK.replace('terraform-provider-openstack/openstack', 'a/b'),
    },
    'document-forbidden',
    '.terraform.lock.hcl',
  ],
  ['a provider that nobody names', { 'main.tf': NETWORK }, 'source-unpinned', 'main.tf'],
  [
    'a module from git',
    { 'main.tf': 'module "a" {\n  source = "git::https://x.example/a.git"\n}\n' },
    'source-outside',
    'main.tf',
  ],
  [
    'a module from the registry',
    { 'main.tf': 'module "a" {\n  source  = "a/b/c"\n  version = "1.0.0"\n}\n' },
    'source-outside',
    'main.tf',
  ],
  ['a module above', { 'sub/main.tf': 'module "a" {\n  source = "../../a"\n}\n' }, 'source-outside', 'sub/main.tf'],
  ['a module by a name', { 'main.tf': 'module "a" {\n  source = "\u0024{var.x}"\n}\n' }, 'source-outside', 'main.tf'],
  [
    'a provisioner',
    {
      'main.tf': `${PROVIDERS}resource "openstack_networking_network_v2" "a" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n`,
      '.terraform.lock.hcl': LOCK,
    },
    'document-forbidden',
    'main.tf',
  ],
  ['external data', { 'main.tf': 'data "external" "a" {\n  program = ["id"]\n}\n' }, 'document-forbidden', 'main.tf'],
  [
    'a resource that is not allowed',
    { 'main.tf': 'resource "null_resource" "a" {\n}\n' },
    'document-forbidden',
    'main.tf',
  ],
  [
    'a file outside in an expression',
    { 'main.tf': 'locals {\n  a = file("/etc/shadow")\n}\n' },
    'source-outside',
    'main.tf',
  ],
  [
    'a file outside in a template',
    { 'main.tf': 'locals {\n  a = "x\u0024{file("../../x")}"\n}\n' },
    'source-outside',
    'main.tf',
  ],
  [
    'a file outside in a long text',
    { 'main.tf': 'locals {\n  a = <<-EOT\n    x \u0024{templatefile("~/x", {})}\n  EOT\n}\n' },
    'source-outside',
    'main.tf',
  ],
  [
    'external data in a check',
    { 'main.tf': 'check "a" {\n  data "external" "b" {\n  }\n}\n' },
    'document-forbidden',
    'main.tf',
  ],
  ['a file by a computed name', { 'main.tf': 'locals {\n  a = file(var.x)\n}\n' }, 'source-outside', 'main.tf'],
  ['a file that is not here', { 'main.tf': 'locals {\n  a = file("x")\n}\n' }, 'file-missing', 'main.tf'],
  [
    'a search outside',
    { 'main.tf': 'locals {\n  a = fileset(path.module, "../**")\n}\n' },
    'source-outside',
    'main.tf',
  ],
  [
    'a template that reads a file outside',
    { 'main.tf': 'locals {\n  a = templatefile("x.tftpl", {})\n}\n', 'x.tftpl': '\u0024{file("/etc/shadow")}' },
    'source-outside',
    'main.tf',
  ],
  [
    'a text whose end is unclear',
    { 'main.tf': 'locals {\n  a = <<E\nE\u00a0\nE\n}\n' },
    'document-malformed',
    'main.tf',
  ],
  ['what is no HCL', { 'main.tf': 'locals {\n  a = [1\n' }, 'document-malformed', 'main.tf'],
  ['JSON in place of HCL', { 'main.tf.json': '{}' }, 'document-forbidden', 'main.tf.json'],
];

describe('what is refused', () => {
  it.each(BAD)('%s', (_name, files, code, file) => {
    expect(check(files)).toContainEqual(expect.objectContaining({ code, file }));
  });

  it('a program beside a configuration, wherever that lies', () => {
    const found = (...paths: string[]) => {
      const others = paths.map((path) => ({ path, executable: path.endsWith('p'), bytes: new Uint8Array() }));
      return checkClosure(packClosure([...deploymentFiles(), ...others]), rules).findings;
    };
    expect(found('files/s/p')).toEqual([]);
    expect(found('files/s/p', 'files/s/main.tf')).toMatchObject([{ code: 'code-undeclared', file: 'files/s/p' }]);
  });

  it('names the line where it knows it', () => {
    const broken = { 'main.tf': 'locals {\n  a = templatefile("x.tftpl", {})\n}\n', 'x.tftpl': '\n\u0024{"' };
    expect(check(broken)).toContainEqual(expect.objectContaining({ file: 'x.tftpl', line: 2 }));
    expect(check({ 'main.tf': '\n\ndata "external" "a" {\n}\n' })).toContainEqual(
      expect.objectContaining({ file: 'main.tf', line: 3 }),
    );
    expect(check({ [TEMPLATE]: 'a\nb {{ a() }}\n' })).toContainEqual(expect.objectContaining({ line: 2 }));
  });
});

/** Where other programs are started from, or that belong to a node. */
const CLOSED = ['/opt/tofu', '/usr/local/bin', '/etc/kubernetes/manifests', '/var/lib/kubelet', '/etc/cni/net.d'];

describe('what a declaration says', () => {
  const steps = (change: (step: Record<string, unknown>) => void) =>
    declared((it) => change((it.steps as Record<string, unknown>[])[0] ?? {}));
  const codes = (files: Record<string, string>) => check(files).map(({ code }) => code);

  it('is refused for a target that no host belongs to', () => {
    const of = (target: string) =>
      declared((it) => {
        it.target = target;
      });
    expect(codes(of('planet/earth'))).toContain('document-forbidden');
    expect(codes(of('path/pdp11/base'))).toContain('document-forbidden');
    expect(codes(of(`host/${'ab'.repeat(32)}/base`))).toEqual([]);
  });

  it('is refused for commands that hosts do not let through, or that a library refuses', () => {
    const command = (argv: string[]) =>
      steps((step) => {
        step.command = argv;
      });
    expect(codes(command(['rm', '-rf', '/']))).toContain('tool-unknown');
    expect(codes(command(['kubeadm', 'reset', '--force']))).toContain('command-not-accepted');
    expect(codes(command(['ansible-playbook', '-i', 'inventory.yaml', '-c', 'local', 'site.yaml']))).toContain(
      'option-forbidden',
    );
    expect(codes(command(['ansible-playbook', '-i', 'inventory.yaml', 'other.yaml']))).toContain('file-missing');
    expect(codes(command(['ansible-playbook', '-i', '/etc/hosts.yaml', 'site.yaml']))).toContain('file-missing');
  });

  it('is refused for what the rules of the infrastructure protect, and on a layer above its own', () => {
    const argv = ['openstack', 'network', 'delete', 'con-1'];
    const packed = (layer: number) =>
      declared((it) => {
        it.layer = layer;
        it.steps = [{ name: 'networks', command: argv }];
      });
    expect(codes(packed(2))).toContain('resource-protected');
    argv[3] = 'own-1';
    expect(codes(packed(2))).toEqual([]);
    expect(codes(packed(1))).toEqual(['layer-other']);
  });

  it('is refused for a look for drift that could change something', () => {
    const drift = steps((step) => {
      step.drift = { command: ['ansible-playbook', '-i', 'inventory.yaml', 'site.yaml'], clean: 'exit-code' };
    });
    expect(codes(drift)).toContain('drift-changes');
  });

  it('can not have the system itself written, or a program that is another than it names', () => {
    for (const place of ['/', '/etc', '/usr/lib', '/root', '/var/lib/logos', '/srv/../etc', ...CLOSED]) {
      const files = steps((step) => {
        step.writes = [place];
      });
      expect(() => check(files), place).toThrow();
    }
    const code = declared((it) => {
      it.code = [{ path: 'library/own.py', sha256: 'ab'.repeat(32) }];
    });
    expect(codes({ ...code, 'library/own.py': MODULE })).toContain('code-changed');
  });
});
