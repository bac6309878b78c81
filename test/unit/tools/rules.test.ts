import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The dependency check, run as CI runs it, on trees that keep or break the rules. */
let source: string;

beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'logos-rules-'));
});
afterEach(() => rm(source, { recursive: true, force: true }));

async function check(files: Record<string, string>): Promise<{ status: number; output: string }> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), text);
  }
  const script = join(import.meta.dirname, '../../../tools/check-rules.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, source], (error, stdout) => {
      resolve({ status: error ? Number(error.code) : 0, output: stdout });
    });
  });
}

describe('the dependency rules', () => {
  it('pass what keeps them', async () => {
    const files = {
      'main.ts': "import { x } from './commands/index.ts';\nimport json from '../package.json' with { type: 'json' };",
      'commands/index.ts': "const { y } = await import('../service/index.ts');\nimport './base.ts';",
      'service/ng.ts': "import { z } from '../chain/index.ts';\nimport { home } from '../system/home.ts';",
      'tui/run.tsx': "import type { StatusDocument } from '../service/status-document.ts';",
    };
    expect(await check(files)).toEqual({ status: 0, output: '' });
  });

  it.each([
    [
      'an arrow upwards',
      'chain/a.ts',
      "import { x } from '../service/index.ts';",
      'chain stands below or beside service',
    ],
    ['a neighbour', 'hardening/a.ts', "import { x } from '../hypervisor/index.ts';", 'below or beside hypervisor'],
    ['an inner file', 'service/a.ts', "import { x } from '../chain/keys.ts';", 'use chain/index.ts'],
    ['an inner file, by dynamic import', 'service/a.ts', "await import('../host/deep/x.ts');", 'use host/index.ts'],
    [
      'an inner file, for its types only',
      'service/a.ts',
      "import type { X } from '../guard/x.ts';",
      'use guard/index.ts',
    ],
    ['an inner file, passed on', 'service/a.ts', "export * from '../guard/x.ts';", 'use guard/index.ts'],
    ['tests from the program', 'service/a.ts', "import { x } from '../../lab/tmux.ts';", 'outside src/'],
    ['a room nobody knows', 'service/a.ts', "import { x } from '../attic/index.ts';", "the rules don't know"],
    ['the program from a room', 'service/a.ts', "import { main } from '../main.ts';", 'above all rooms'],
  ])('catch %s', async (_, file, text, reason) => {
    const { status, output } = await check({ [file]: text });
    expect(status).toBe(1);
    expect(output).toContain(`${file}: `);
    expect(output).toContain(reason);
  });

  it('do not pass an empty tree', async () => {
    expect((await check({})).status).toBe(1);
  });
});
