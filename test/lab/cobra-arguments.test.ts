import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { builtTool } from '../../lab/tools.ts';
import { argvs, CASES, compare, input, MAX_ANSWERS } from '../unit/gatekeeper/library/oracle.ts';

/** The parser of kubeadm, kubectl and helm itself: cobra with pflag, at the versions that kubeadm is built with. */
const oracle = builtTool('cobra-oracle');

describe('what the dialect pflag accepts', () => {
  it.skipIf(!oracle)('means the same to cobra and pflag (needs node tools/go/build.mjs)', { timeout: 120_000 }, () => {
    const asked = argvs();
    const answers = execFileSync(oracle ?? '', { input: input(asked), encoding: 'utf8', maxBuffer: MAX_ANSWERS });
    expect(compare('pflag', asked, answers)).toBeGreaterThan(CASES / 200);
  });
});
