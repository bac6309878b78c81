import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Step, Steps, StoppedAfter } from '../../../src/service/provide/steps.ts';
import { UserError } from '../../../src/system/errors.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';
import type { PhaseName, ProgressEvent } from '../../../src/system/progress.ts';

let home: Home;
let events: ProgressEvent[];

beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-steps-')) });
  events = [];
});
afterEach(() => rm(home.root, { recursive: true, force: true }));

function steps(options: { only?: PhaseName; fresh?: boolean; signal?: AbortSignal } = {}): Steps {
  return new Steps({
    home,
    progress: (event) => events.push(event),
    signal: new AbortController().signal,
    ...options,
  });
}

function counting(reuse = true): Step<number> & { runs: number } {
  const step: Step<number> & { runs: number } = {
    runs: 0,
    run: async () => {
      step.runs += 1;
      return step.runs;
    },
    detail: (value) => ({ value }),
    reuse: reuse ? ({ sameBoot }) => sameBoot : undefined,
  };
  return step;
}

const states = () => events.map((event) => (event.event === 'phase' ? `${event.phase} ${event.state}` : event.event));

it('reports a step and takes up its saved result in the next run', async () => {
  const step = counting();
  expect(await steps().step('benchmark', step)).toBe(1);
  expect(await steps().step('benchmark', step)).toBe(1);
  expect(step.runs).toBe(1);
  expect(states()).toEqual(['benchmark started', 'benchmark ok', 'benchmark started', 'benchmark ok']);
  expect(events.at(-1)).toMatchObject({ detail: { value: 1, resumed: true } });
});

it('runs anew with `fresh`, for the step that was asked for, and where a step can not be reused', async () => {
  const step = counting();
  await steps().step('benchmark', step);
  expect(await steps({ fresh: true }).step('benchmark', step)).toBe(2);
  await expect(steps({ only: 'benchmark' }).step('benchmark', step)).rejects.toBeInstanceOf(StoppedAfter);
  expect(step.runs).toBe(3);
  const single = counting(false);
  await steps().step('inventory', single);
  await steps().step('inventory', single);
  expect(single.runs).toBe(2);
});

it('writes nothing for a step that is never reused, so that a dry run leaves no trace', async () => {
  await steps().step('preflight', counting(false));
  expect(await readdir(home.root)).toEqual([]);
});

it('reports a failure with its code and saves nothing', async () => {
  const failing: Step<number> = {
    run: async () => {
      throw new UserError('port-taken', 'taken');
    },
    detail: () => ({}),
    reuse: () => true,
  };
  await expect(steps().step('class', failing)).rejects.toMatchObject({ code: 'port-taken' });
  expect(events.at(-1)).toMatchObject({ state: 'failed', detail: { code: 'port-taken', summary: 'taken' } });
  expect(await steps().step('class', counting())).toBe(1);
});

it('begins no step after it was cancelled', async () => {
  const reason = new UserError('cancelled', 'Cancelled.');
  const step = counting();
  await expect(steps({ signal: AbortSignal.abort(reason) }).step('join', step)).rejects.toBe(reason);
  expect(step.runs).toBe(0);
});
