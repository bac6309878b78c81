/** What a keyword's value may be; the words are those of Ansible's own list of playbook keywords. */
export type Keyword = 'value' | 'condition' | 'names' | 'user' | 'environment' | 'loop';

/** Keywords that plays, blocks, tasks and roles share. Not in it: connection, become_exe, become_flags, debugger, collections, module_defaults. */
const SHARED: Readonly<Record<string, Keyword>> = {
  name: 'value',
  any_errors_fatal: 'value',
  become: 'value',
  become_user: 'user',
  check_mode: 'value',
  diff: 'value',
  environment: 'environment',
  ignore_errors: 'value',
  ignore_unreachable: 'value',
  no_log: 'value',
  run_once: 'value',
  tags: 'names',
  throttle: 'value',
  timeout: 'value',
  vars: 'value',
};

export const PLAY_KEYWORDS: Readonly<Record<string, Keyword>> = {
  ...SHARED,
  force_handlers: 'value',
  gather_facts: 'value',
  max_fail_percentage: 'value',
  order: 'names',
  serial: 'value',
};
/** Keys of a play that hold tasks. */
export const PLAY_TASKS: readonly string[] = ['pre_tasks', 'tasks', 'post_tasks', 'handlers'];

export const TASK_KEYWORDS: Readonly<Record<string, Keyword>> = {
  ...SHARED,
  changed_when: 'condition',
  delay: 'value',
  failed_when: 'condition',
  listen: 'names',
  loop: 'loop',
  notify: 'names',
  register: 'names',
  retries: 'value',
  until: 'condition',
  when: 'condition',
};
/** Keys of a block that hold tasks. */
export const BLOCK_TASKS: readonly string[] = ['block', 'rescue', 'always'];

export const ROLE_KEYWORDS: Readonly<Record<string, Keyword>> = { ...SHARED, when: 'condition' };

/** Variables that programs which a task starts may be given: none of them loads code or names a program. */
export const ENVIRONMENT: readonly string[] = [
  'DEBIAN_FRONTEND',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'LANG',
  'LC_ALL',
  'NO_PROXY',
  'TZ',
  'http_proxy',
  'https_proxy',
  'no_proxy',
];

/** Modules that run what they are given; only there may a module's arguments be one text. */
export const COMMAND_MODULES: readonly string[] = ['command', 'shell', 'raw', 'script', 'expect'];
/** Modules that name a file of the playbook's own directory, and the arguments that do. */
export const FILE_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  assemble: ['src'],
  copy: ['src'],
  fetch: ['dest'],
  import_tasks: ['file'],
  include_tasks: ['file'],
  include_vars: ['file', 'dir'],
  script: ['cmd'],
  template: ['src'],
  unarchive: ['src'],
};
/** Of these, the ones that `remote_src: true` makes a file of the target host. */
export const REMOTE_SOURCE: readonly string[] = ['assemble', 'copy', 'unarchive'];
/** Modules that take a role, and the argument that names it. */
export const ROLE_MODULES: readonly string[] = ['import_role', 'include_role'];

/** Arguments that are expressions without braces. */
export const EXPRESSION_ARGUMENTS: Readonly<Record<string, readonly string[]>> = { assert: ['that'], debug: ['var'] };
/** Other spellings of a module's name, and hosts that the inventory doesn't have: refused whatever a library says. */
export const NEVER_MODULES: readonly string[] = ['action', 'local_action', 'add_host', 'import_playbook', 'include'];
