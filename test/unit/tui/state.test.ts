import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/tui/order.ts';
import { type Effect, INITIAL, type KeyPress, press, type ViewState } from '../../../src/tui/state.ts';

const ROWS = { dvms: 5, requests: 3, events: 0 };

/** Presses keys one after the other: names in angle brackets, characters as they are. */
function typed(keys: string, from: ViewState = INITIAL): { state: ViewState; effects: Effect[] } {
  const presses = [...keys.matchAll(/<([a-z-]+)>|([\s\S])/g)].map(
    ([, name, character]) => (name ? { name } : { character }) as KeyPress,
  );
  const effects: Effect[] = [];
  let state = from;
  for (const key of presses) {
    const next = press(state, key, ROWS);
    state = next.state;
    if (next.effect) effects.push(next.effect);
  }
  return { state, effects };
}

describe('keys', () => {
  it('move within the table and stop at its ends', () => {
    expect(typed('jj').state.selected.dvms).toBe(2);
    expect(typed('G').state.selected.dvms).toBe(4);
    expect(typed('Gjjj').state.selected.dvms).toBe(4);
    expect(typed('G<up>k').state.selected.dvms).toBe(2);
    expect(typed('Gg').state.selected.dvms).toBe(0);
    expect(typed('<page-down>').state.selected.dvms).toBe(4);
    expect(typed('<tab><tab>j').state.selected.events).toBe(0);
  });

  it('go round the tables both ways', () => {
    expect(['', '<tab>', 'll', '<right>l<tab>', 'h', '<shift-tab>'].map((keys) => typed(keys).state.focus)).toEqual([
      'dvms',
      'requests',
      'events',
      'dvms',
      'events',
      'events',
    ]);
  });

  it('q leaves, but is a letter where text is typed', () => {
    expect(typed('q').effects).toEqual([{ kind: 'quit' }]);
    expect(typed('/q').effects).toEqual([]);
    expect(typed('/q').state.filter).toBe('q');
    expect(typed(':q').effects).toEqual([]);
    expect(typed(':q<enter>').effects).toEqual([{ kind: 'quit' }]);
  });

  it('filter while typing, keep it on enter, clear it on escape', () => {
    expect(typed('/web<enter>').state).toMatchObject({ filter: 'web', mode: { kind: 'normal' } });
    expect(typed('/web<escape>').state.filter).toBe('');
    expect(typed('/web<enter><escape>').state.filter).toBe('');
    expect(typed('/web<backspace><backspace>').state.filter).toBe('w');
    expect(typed('jj/x').state.selected.dvms).toBe(0);
  });

  it('give orders', () => {
    expect(typed(':pause<enter>').effects).toEqual([{ kind: 'order', order: 'pause' }]);
    expect(typed(':dvm stop web-1<enter>').effects).toEqual([{ kind: 'order', order: { stopDvm: 'web-1' } }]);
    expect(typed(':pause<escape>').effects).toEqual([]);
    const wrong = typed(':stp<enter>');
    expect(wrong.effects).toEqual([]);
    expect(wrong.state.notice).toMatchObject({ tone: 'bad' });
  });

  it('go to the console of the selected DVM, from the DVMs only', () => {
    expect(typed('jjc').effects).toEqual([{ kind: 'console', dvm: 2 }]);
    expect(typed('<tab>c').effects).toEqual([]);
    expect(typed(':dvm console web-1<enter>').effects).toEqual([{ kind: 'console', dvm: 'web-1' }]);
    expect(press(INITIAL, { character: 'c' }, { dvms: 0, requests: 0, events: 0 }).effect).toBeUndefined();
  });

  it('any key closes the help and does nothing else', () => {
    expect(typed('?').state.mode.kind).toBe('help');
    expect(typed('?q')).toMatchObject({ state: { mode: { kind: 'normal' } }, effects: [] });
  });

  it('survive any sequence', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).map((character) => ({ character })),
      fc.constantFrom(...'jkhlgGzc:/?q'.split('')).map((character) => ({ character })),
      fc.constantFrom('up', 'down', 'enter', 'escape', 'tab', 'backspace', 'end').map((name) => ({ name })),
    );
    fc.assert(
      fc.property(fc.array(key as fc.Arbitrary<KeyPress>, { maxLength: 60 }), (keys) => {
        let state = INITIAL;
        for (const each of keys) state = press(state, each, ROWS).state;
        const out = (['dvms', 'requests', 'events'] as const).filter(
          (name) => state.selected[name] < 0 || state.selected[name] >= Math.max(1, ROWS[name]),
        );
        expect(out).toEqual([]);
      }),
    );
  });
});

describe('the command line', () => {
  it('says what is missing or wrong', () => {
    expect(parseCommandLine('  ')).toEqual({ kind: 'nothing' });
    expect(parseCommandLine('dvm stop')).toMatchObject({ kind: 'wrong' });
    expect(parseCommandLine('dvm stop a b')).toMatchObject({ kind: 'wrong' });
    expect(parseCommandLine('dvm console')).toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining('console'),
    });
    expect(parseCommandLine('stop now')).toMatchObject({ kind: 'wrong' });
    expect(parseCommandLine(' resume ')).toEqual({ kind: 'order', order: 'resume' });
  });
});
