import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packArchive } from '../../../../src/gatekeeper/documents/index.ts';
import type { Closure, PackedFile } from '../../../../src/gatekeeper/index.ts';
import { canonicalJson } from '../../../../src/system/canonical.ts';

export interface Wish {
  readonly version?: string;
  /** What the message says, and the directory that it is written to. */
  readonly text?: string;
  readonly written?: string;
  readonly target?: string;
  readonly replaces?: { readonly version: string; readonly rollback: boolean };
}

/** A deployment with a playbook, a role, a template and a look for drift; each file may be replaced, or left out by `null`. */
export function deploymentFiles(wish: Wish = {}, others: Readonly<Record<string, string | null>> = {}): PackedFile[] {
  const { version = '1.0.0', text = 'hello', written = '/srv/logos-demo', target = 'region/base', replaces } = wish;
  const declaration = {
    format: 'deployment',
    formatVersion: 1,
    name: 'base',
    version,
    target,
    layer: 1,
    ...(replaces && { replaces }),
    steps: [
      {
        name: 'message',
        command: ['ansible-playbook', '-i', 'inventory.yaml', 'site.yaml'],
        drift: {
          command: ['ansible-playbook', '--check', '-i', 'inventory.yaml', 'site.yaml'],
          clean: 'ansible-recap',
        },
        writes: [written],
      },
    ],
  };
  const files: Record<string, string | null> = {
    'deployment.yaml': JSON.stringify(declaration),
    'inventory.yaml': 'all:\n  hosts:\n    this-host:\n      ansible_connection: local\n',
    'site.yaml': '- name: messages\n  hosts: this-host\n  gather_facts: false\n  roles: [message]\n',
    'roles/message/tasks/main.yaml': [
      '- name: write the message',
      '  ansible.builtin.template:',
      '    src: message.j2',
      `    dest: ${written}/message`,
      '    mode: "0644"',
      '',
    ].join('\n'),
    'roles/message/defaults/main.yaml': `text: ${JSON.stringify(text)}\n`,
    'roles/message/templates/message.j2': '{% if text %}{{ text }}{% endif %}\n',
    ...others,
  };
  return Object.entries(files).flatMap(([path, content]) =>
    content === null ? [] : [{ path, executable: false, bytes: new Uint8Array(Buffer.from(content)) }],
  );
}

/** Writes such a deployment to a directory. */
export async function writeDeployment(directory: string, wish: Wish): Promise<void> {
  for (const { path, bytes } of deploymentFiles(wish)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), bytes);
  }
}

/** The files of one closure with the manifest of another: what a mirror could put together of two versions. */
export function mixedArchive(one: Closure, two: Closure): Uint8Array {
  const manifest = { path: 'closure.json', executable: false, bytes: Buffer.from(canonicalJson(two.manifest)) };
  return packArchive([...one.files.values(), manifest]);
}
