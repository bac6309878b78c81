import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseHostPolicy, systemdSandbox } from '../../../src/hardening/index.ts';

const SEED = join(import.meta.dirname, '../../../chain/seed/security/host-policy.json');
const TOOL = '/usr/bin/systemd-analyze';
const directory = mkdtempSync(join(tmpdir(), 'logos-score-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Exposure as systemd works it out of a unit's text: 0 is none, 10 all. */
function exposure(service: 'ng' | 'ngd'): number {
  const directives = systemdSandbox(parseHostPolicy(readFileSync(SEED)).sandbox, service, {
    homeRoot: '/var/lib/logos',
  });
  const lines = Object.entries(directives).map(([name, value]) => `${name}=${value}`);
  const unit = join(directory, `logos-${service}.service`);
  writeFileSync(unit, `[Service]\nType=exec\nExecStart=/bin/true\n${lines.join('\n')}\n`);
  const text = execFileSync(TOOL, ['security', '--offline=yes', '--no-pager', unit], { encoding: 'utf8' });
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
}

// The gatekeeper starts the tools of an operator as root in sandboxes of their own, so it can't give up what they need.
it.skipIf(!existsSync(TOOL)).each([
  ['ngd', 3.0],
  ['ng', 6.0],
] as const)('the unit of %s is no more exposed than %d', (service, most) => {
  expect(exposure(service)).toBeLessThanOrEqual(most);
});
