import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.ts';

const WHOLE = `---
- name: Web servers
  hosts: web:!drained
  become: true
  become_user: root
  strategy: linear
  vars:
    port: 8080
    title: "Port {{ port }}"
  roles:
    - common
    - { role: webserver, vars: { workers: 4 }, when: "ansible_facts['os_family'] == 'Debian'" }
  tasks:
    - name: Package
      ansible.builtin.package:
        name: nginx
        state: present
      register: installed
      notify: Restart nginx
    - name: Configuration
      template: { src: templates/site.conf.j2, dest: /etc/nginx/site.conf, mode: "0644" }
      when: installed is defined and (port | int > 1024 or not ansible_check_mode)
      loop: "{{ sites | default([]) }}"
    - block:
        - include_tasks: tasks/more.yml
        - copy: { src: /etc/hostname, dest: /srv/name, remote_src: true }
      rescue:
        - debug: { msg: "It failed: {{ title | lower }}" }
      tags: [site]
    - set_fact: { chosen: plain }
    - debug: { msg: "{{ item.name }} ({{ item.port | int + 1 }})" }
      loop: [{ name: a, port: 1 }, { name: b, port: 2 }]
    - debug: { msg: "{{ item }}" }
      loop: "{{ chosen_ones }}"
    - assert: { that: ["port > 0", "(port in [80, 8080]) and (port | int) > 1","ansible_facts.memtotal_mb >= 512"] }
    - import_role: { name: common }
  handlers:
    - name: Restart nginx
      service: { name: nginx, state: restarted }
`;

const play = (text: string): string => `- hosts: web\n  ${text}\n`;
const task = (text: string): string => `- hosts: web\n  tasks:\n    - ${text}\n`;

describe('playbooks', () => {
  it('takes a whole one', () => {
    expect(verdict('playbook', WHOLE)).toBe('accept');
  });

  it.each([
    // Where it runs.
    ['- hosts: localhost', '/1/hosts'],
    ['- hosts: all:127.0.0.1', '/1/hosts'],
    ['- hosts: "{{ target }}"', '/1/hosts'],
    ['- hosts: /web.*/', '/1/hosts'],
    ['- tasks: []', '/1/hosts'],
    [play('connection: local'), '/1/connection'],
    [play('remote_user: "-oProxyCommand=x"'), '/1/remote_user'],
    [play('become_method: doas'), '/1/become_method'],
    [play('become_exe: /tmp/x'), '/1/become_exe'],
    [play('become_flags: "-x"'), '/1/become_flags'],
    [play('strategy: debug'), '/1/strategy'],
    [task('{ debug: { msg: x }, delegate_to: localhost }'), '/delegate_to'],
    [task('{ debug: { msg: x }, delegate_to: 127.0.0.1 }'), '/delegate_to'],
    [task('{ debug: { msg: x }, delegate_to: "{{ inventory_hostname }}" }'), '/delegate_to'],
    [task('{ debug: { msg: x }, connection: local }'), 'connection'],
    [task('{ debug: { msg: x }, become_user: "root; id" }'), '/become_user'],
    // Files.
    [play('vars_files: [vars.yml]'), '/1/vars_files'],
    [play('vars_prompt: []'), '/1/vars_prompt'],
    [play('collections: [evil.collection]'), '/1/collections'],
    [play('module_defaults: {}'), '/1/module_defaults'],
    ['- import_playbook: other.yml', '/1/hosts'],
    [task('include_tasks: ../other.yml'), 'not beside the playbook'],
    [task('include_tasks: /etc/x.yml'), 'not beside the playbook'],
    [task('include_tasks: { file: "{{ x }}.yml" }'), 'not beside the playbook'],
    [task('copy: { src: /root/.ssh/id_ed25519, dest: /srv/key }'), 'not beside the playbook'],
    [task('copy: { src: ~/.ssh/id_ed25519, dest: /srv/key }'), 'not beside the playbook'],
    [task('template: { src: /etc/shadow, dest: /srv/x, remote_src: true }'), 'not beside the playbook'],
    [task('template: { src: a.j2, dest: /etc/sudoers, validate: "sh -c %s" }'), 'command to validate'],
    // Modules and roles.
    [task('package: { use: ansible.builtin.command, argv: [id] }'), '"use"'],
    [task('service: { name: a, use: ansible.builtin.command }'), '"use"'],
    [task('{ service: { name: a }, args: { use: shell } }'), '"use"'],
    [task('debug: { msg: a, fact_path: /tmp/facts }'), '"fact_path"'],
    [task('package: { name: a, _raw_params: id }'), '"_raw_params"'],
    [task('include_tasks: { file: a.yml, apply: { become_exe: /tmp/x } }'), '"apply"'],
    [task('ansible.builtin.include_tasks: { file: a.yml, apply: { environment: { PATH: /tmp } } }'), '"apply"'],
    [task('import_role: { name: common, apply: {} }'), '"apply"'],
    [task('"set_fact": { "ansible\\x5fconnection": local }'), '/ansible_connection'],
    [play('vars: { "ansible\\u005fconnection": local }'), '/ansible_connection'],
    [task('shell: id'), '/shell: this module'],
    [task('ansible.builtin.command: id'), 'this module'],
    [task('raw: id'), 'this module'],
    [task('script: x.sh'), 'this module'],
    [task('local_action: command id'), 'this module'],
    [task('action: { module: shell, cmd: id }'), 'this module'],
    [task('add_host: { name: localhost }'), 'this module'],
    [task('community.general.copy: { src: a, dest: b }'), 'this module'],
    [task('constructor: {}'), 'this module'],
    [task('{ copy: { dest: /x }, shell: id }'), 'is not allowed in a task'],
    [task('{ with_pipe: id, debug: { msg: x } }'), 'is not allowed in a task'],
    [task('{ with_items: [1], debug: { msg: x } }'), 'is not allowed in a task'],
    [task('copy: "src=/etc/shadow dest=/srv/x"'), 'must be a map'],
    [task('{ copy: { src: a }, args: { src: /etc/shadow } }'), 'twice'],
    [task('{ name: nothing }'), 'no module'],
    [play('roles: [other]'), '/1/roles[1]'],
    [play('roles: ["../x"]'), '/1/roles[1]'],
    [task('import_role: { name: other }'), 'the role "other"'],
    // Templates and conditions.
    [task(`debug: { msg: "{{ lookup('pipe', 'id') }}" }`), 'the call of "lookup"'],
    [task(`debug: { msg: "{{ query('file', '/etc/shadow') }}" }`), 'the call of "query"'],
    [task(`debug: { msg: "{{ ''.__class__ }}" }`), '__class__'],
    [task(`debug: { msg: "{{ x['__class__'] }}" }`), '__class__'],
    [task(`debug: { msg: "{{ x | attr('y') }}" }`), 'the filter "attr"'],
    [task(`debug: { msg: "{{ x | map('extract', y) }}" }`), 'the filter "map"'],
    [task(`debug: { msg: "{{ x.y() }}" }`), 'the call of'],
    [task(`debug: { msg: "{% raw %}" }`), 'the template'],
    [task(`debug: { msg: "{# x #}" }`), 'the template'],
    [task(`debug: { msg: "{{ x" }`), 'the template'],
    [task(`debug: { msg: "{{ ansible_facts.hostname }}" }`), 'which a host says of itself'],
    [task(`debug: { msg: "{{ hostvars['a'].x }}" }`), 'which a host says of itself'],
    [task(`debug: { msg: "{{ (lookup)('pipe', 'id') }}" }`), 'a call'],
    [task(`debug: { msg: "{{ [lookup][0] ('pipe', 'id') }}" }`), 'a call'],
    [task(`debug: { msg: "{{ 'x'['format']('y') }}" }`), 'a call'],
    [task(`debug: { msg: "{{ 'x'('y') }}" }`), 'a call'],
    [task(`debug: { msg: '{{ "x"("y") }}' }`), 'a call'],
    [task(`{ debug: { msg: x }, when: "(lookup)('pipe', 'id') == ''" }`), 'a call'],
    // What would be taken for a template again.
    [task('set_fact: { x: "{{ y }}" }'), 'a template'],
    [task('set_fact: { x: { a: ["{{ z }}"] } }'), 'a template'],
    [task('{ debug: { msg: x }, loop: ["{{ x }}"] }'), 'a template'],
    [task('{ debug: { msg: x }, loop: "{{ [x + y] }}" }'), 'a template'],
    [task('{ debug: { msg: x }, loop: "{{ x }}{{ y }}" }'), 'a template'],
    [task('{ debug: { msg: x }, loop: "{{ x | default([y]) }}" }'), 'a template'],
    [task('{ debug: { msg: x }, loop: "{{ groups }}" }'), 'which a host says of itself'],
    [
      `${play('vars: { x: ["{{ y }}"] }')}  tasks:\n    - { debug: { msg: "{{ item }}" }, loop: "{{ x }}" }\n`,
      '"x" is looped over',
    ],
    [task(`debug: { var: "lookup('pipe', 'id')" }`), 'the call of "lookup"'],
    [task(`{ debug: { msg: x }, when: "lookup('pipe', 'id') == ''" }`), 'the call of "lookup"'],
    [task(`{ debug: { msg: x }, when: ["{{ x }}"] }`), 'not allowed'],
    [task(`{ debug: { msg: x }, until: "x.pop()" }`), 'the call of'],
    [task(`assert: { that: "lookup('env', 'HOME')" }`), 'the call of "lookup"'],
    [task('set_fact: { ansible_connection: local }'), '/ansible_connection'],
    [task('{ debug: { msg: x }, register: ansible_connection }'), '/register'],
    [play('vars: { ansible_ssh_common_args: "-oProxyCommand=x" }'), '/ansible_ssh_common_args'],
    [play('vars: { "{{ x }}": 1 }'), 'this name'],
    [play('environment: { LD_PRELOAD: /tmp/x.so }'), '"LD_PRELOAD"'],
    [play('environment: { LANG: "{{ x }}" }'), 'a template'],
    // Form.
    [task('debug: { msg: !unsafe x }'), 'a tag'],
    [task('debug: { msg: !vault x }'), 'a tag'],
    [play('gather_facts: yes'), 'boolean to YAML 1.1'],
    ['hosts: web', 'a list of plays'],
    ['- 1', '/1: it is no map'],
    [play('tasks: 1'), '/1/tasks: it is no list'],
  ])('refuses %j', (text, where) => {
    expect(verdict('playbook', text)).toMatch(/^document-(forbidden|malformed): /);
    expect(verdict('playbook', text)).toContain(where);
  });

  it('lets a library allow a module that runs commands, without templates', () => {
    const rules = {
      directories: [],
      readOnlyDirectories: [],
      networks: [],
      modules: ['command'],
      roles: [],
      providers: [],
      resources: [],
      dataSources: [],
    };
    expect(verdict('playbook', task('command: uptime -p'), rules)).toBe('accept');
    expect(verdict('playbook', task('command: { argv: [uptime, "-p"] }'), rules)).toBe('accept');
    expect(verdict('playbook', task('command: "echo {{ x }}"'), rules)).toContain('a template');
    expect(verdict('playbook', task('command: { argv: [echo, "{{ x }}"] }'), rules)).toContain('a template');
  });
});
