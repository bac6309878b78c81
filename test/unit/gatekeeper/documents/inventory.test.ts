import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../../../src/gatekeeper/documents/index.ts';
import { bytes, RULES, verdict } from './verdict.ts';

const read = (text: string): unknown => checkDocument('inventory', bytes(text), RULES).value;

describe('inventories', () => {
  it('reads both forms', () => {
    const ini = `# machines
node-0.example
[web]
node-1 ansible_host=10.0.0.11 ansible_port=2222 rack=b2
node-2 ansible_host=fd00::12 ansible_user=deploy
; more
[web:vars]
ntp = 10.0.0.1
[all_web:children]
web
`;
    expect(read(ini)).toEqual({ hosts: ['node-0.example', 'node-1', 'node-2'], groups: ['web', 'all_web'] });
    const yaml = `all:
  vars: { ansible_become: true }
  children:
    web:
      hosts:
        node-1: { ansible_host: 10.0.0.11, ansible_port: 2222 }
        node-2:
`;
    expect(read(yaml)).toEqual({ hosts: ['node-1', 'node-2'], groups: ['all', 'web'] });
  });

  it.each([
    ['a ansible_connection=local', 'ansible_connection'],
    ['a ansible_ssh_common_args=-oProxyCommand=x', 'ansible_ssh_common_args'],
    ['a ansible_ssh_extra_args=x', 'ansible_ssh_extra_args'],
    ['a ansible_ssh_executable=/tmp/x', 'ansible_ssh_executable'],
    ['a ansible_python_interpreter=/tmp/x', 'ansible_python_interpreter'],
    ['a ansible_shell_executable=/tmp/x', 'ansible_shell_executable'],
    ['a ansible_become_exe=/tmp/x', 'ansible_become_exe'],
    ['a Ansible_Connection=local', 'Ansible_Connection'],
    ['all:\n  hosts:\n    a: { ansible_connection: local }', 'ansible_connection'],
    [
      'all:\n  hosts:\n    a: { note: "\\u0061nsible_connection" , ansible_ssh_pipelining: true }',
      'ansible_ssh_pipelining',
    ],
    ...[
      'hosts:\n    a: { "ansible\\x5fconnection": local }',
      'vars: { "\\x61nsible_connection": local }',
      'vars: { "ansible\\u005fssh_executable": x }',
      'children:\n    b:\n      vars: { "Ansible\\x5Fconnection": local }',
      'children:\n    b:\n      hosts:\n        a: { "ansible\\137": 1, "ansible\\x5fpython_interpreter": x }',
    ].map((part) => [`all:\n  ${part}\n`, part.includes('137') ? '' : 'the variable'] as [string, string]),
    ['a ansible\\_connection=local', "can't be a variable's name"],
    ['a "ansible"_connection=local', "can't be a variable's name"],
    ['[a:vars]\nansible_connection = local', 'ansible_connection'],
    ['localhost', 'the host "localhost"'],
    ['127.0.0.1', 'the host'],
    ['a ansible_host=localhost', 'for ansible_host'],
    ['a ansible_host=127.0.0.1', 'for ansible_host'],
    ['a ansible_host=::1', 'for ansible_host'],
    ['a ansible_host=-oProxyCommand=x', 'for ansible_host'],
    ['a ansible_user=-oProxyCommand=x', 'for ansible_user'],
    ['a ansible_port=22;id', 'for ansible_port'],
    ['-oProxyCommand=x', 'the host'],
    ['a[1:1000000]', 'the host'],
    ['a x={{y}}', 'for x'],
    ["a x='b c'", 'for x'],
    ['a b', 'no variable'],
    ['[web', 'group'],
    ['[web:hosts]', 'group'],
    ['[]', 'group'],
    ['#!/bin/sh\nid', 'a program'],
    ['# x\u2028localhost\na', 'not allowed'],
    ['all:\n  hosts: [a]', 'no map'],
    ['all:\n  hosts:\n    a: { x: [1] }', 'plain value'],
    ['all:\n  plugin: x', '"plugin"'],
    ['plugin: community.docker\nall:', 'the host'],
  ])('refuses %j', (text, why) => {
    expect(verdict('inventory', text)).toMatch(/^document-(forbidden|malformed): /);
    expect(verdict('inventory', text)).toContain(why);
  });
});
