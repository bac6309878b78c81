import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phasesOf } from '../../../src/region/phases.ts';
import { inputsDigest, planRun } from '../../../src/region/plan.ts';
import type { PhaseState, RunState } from '../../../src/region/run-state.ts';
import { REGION_PHASES } from '../../../src/system/progress.ts';
import { cases } from '../../cases.ts';

const file = { digest: '0'.repeat(64), executable: false };
const NAMES = REGION_PHASES.filter((name) => name !== 'preflight');
const tree = Object.fromEntries(NAMES.map((name) => [`phases/${name}.yml`, file]));
const phases = phasesOf(tree);
const at = (state: PhaseState['state'], inputs = 'now'): PhaseState => ({ state, inputs, at: '', ms: 0, changed: 0 });
const ran = (known: RunState['phases'], only?: (typeof REGION_PHASES)[number]) =>
  planRun(phases, { phases: known }, 'now', only).filter(({ action }) => action === 'run');

describe('what a run does', () => {
  it('is everything at first, and everything again when all is done', () => {
    expect(ran({}).map(({ reason }) => reason)).toEqual(['check', ...NAMES.map(() => 'first')]);
    const all = Object.fromEntries(NAMES.map((name) => [name, at('done')]));
    expect(ran(all).map(({ reason }) => reason)).toEqual(['check', ...NAMES.map(() => 'again')]);
  });

  it('goes on at the first phase that is not done with these inputs, and runs all after it', () => {
    const states = fc.constantFrom(undefined, at('done'), at('done', 'before'), at('started'), at('failed'));
    fc.assert(
      fc.property(fc.array(states, { minLength: NAMES.length, maxLength: NAMES.length }), (list) => {
        const known = Object.fromEntries(NAMES.flatMap((name, index) => (list[index] ? [[name, list[index]]] : [])));
        const first = list.findIndex((it) => it?.state !== 'done' || it.inputs !== 'now');
        const expected = ['preflight', ...NAMES.slice(Math.max(first, 0))];
        expect(ran(known).map(({ phase }) => phase.name)).toEqual(expected);
      }),
      { numRuns: cases(200) },
    );
  });

  it('leaves out what the tree has no playbook for', () => {
    const some = phasesOf({ 'phases/base.yml': file, 'phases/undo/base.yml': file });
    const planned = planRun(some, { phases: {} }, 'now');
    expect(planned.filter(({ action }) => action === 'run').map(({ phase }) => phase.name)).toEqual([
      'preflight',
      'base',
    ]);
    expect(planned.find(({ phase }) => phase.name === 'pki')?.reason).toBe('not-in-tree');
    expect(some[1]).toMatchObject({ playbook: 'phases/base.yml', undo: 'phases/undo/base.yml' });
  });

  it('leaves out services that the region does without', () => {
    const planned = planRun(phasesOf(tree, ['heat']), { phases: {} }, 'now');
    const skipped = planned.filter(({ action }) => action === 'skip');
    expect(skipped.map(({ phase, reason }) => [phase.name, reason])).toEqual([
      ['octavia', 'not-wanted'],
      ['designate', 'not-wanted'],
    ]);
  });

  it('refuses a phase alone while one before it is not done', () => {
    expect(ran({ base: at('done') }, 'pki').map(({ phase }) => phase.name)).toEqual(['preflight', 'pki']);
    expect(() => ran({ base: at('done') }, 'database')).toThrow(
      expect.objectContaining({ code: 'region-phase-early' }),
    );
  });

  it('depends on every byte that it is run with', () => {
    const digests = [
      inputsDigest(tree, { a: 1 }, {}),
      inputsDigest({ ...tree, 'roles/x': file }, { a: 1 }, {}),
      inputsDigest(tree, { a: 2 }, {}),
      inputsDigest(tree, { a: 1 }, { b: 1 }),
    ];
    expect(new Set(digests).size).toBe(4);
  });
});
