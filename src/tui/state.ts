import type { Order } from '../service/api/client.ts';
import { TABLES, type TableName } from './layout.ts';
import { parseCommandLine } from './order.ts';

/** What the viewer has set; what the service says is elsewhere. */
export interface ViewState {
  focus: TableName;
  selected: Readonly<Record<TableName, number>>;
  zoomed: boolean;
  filter: string;
  mode: { kind: 'normal' } | { kind: 'help' } | { kind: 'command' | 'filter'; text: string };
  notice?: Notice;
}

/** What there is to say, until the next key. */
export interface Notice {
  tone: 'good' | 'bad' | 'dim';
  text: string;
}

export type Effect =
  | { kind: 'quit' }
  | { kind: 'order'; order: Order }
  /** The console of a DVM, by its name or by its row in the table. */
  | { kind: 'console'; dvm: string | number };

/** A key by its name (`up`, `enter`, `escape`, …) or, for what can be typed, the character itself. */
export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'shift-tab'
  | 'backspace';
export type KeyPress = { name: KeyName } | { character: string };

export const INITIAL: ViewState = {
  focus: 'dvms',
  selected: { dvms: 0, requests: 0, events: 0 },
  zoomed: false,
  filter: '',
  mode: { kind: 'normal' },
};

const LONGEST_INPUT = 200;

/** What a key does. `rows`: how many rows each table shows under the filter. */
export function press(
  state: ViewState,
  key: KeyPress,
  rows: Readonly<Record<TableName, number>>,
): { state: ViewState; effect?: Effect } {
  const { mode } = state;
  if (mode.kind === 'help') return { state: { ...state, mode: { kind: 'normal' } } };
  if (mode.kind !== 'normal') return type(state, mode.kind, mode.text, key);
  const calm: ViewState = { ...state, notice: undefined };
  switch ('name' in key ? key.name : key.character) {
    case 'q':
      return { state: calm, effect: { kind: 'quit' } };
    case '?':
      return { state: { ...calm, mode: { kind: 'help' } } };
    case ':':
      return { state: { ...calm, mode: { kind: 'command', text: '' } } };
    case '/':
      return { state: { ...calm, mode: { kind: 'filter', text: state.filter } } };
    case 'escape':
      return { state: { ...calm, filter: '', zoomed: false } };
    case 'enter':
    case 'z':
      return { state: { ...calm, zoomed: !state.zoomed } };
    case 'c':
      if (state.focus !== 'dvms' || rows.dvms === 0) return { state: calm };
      return { state: calm, effect: { kind: 'console', dvm: Math.min(state.selected.dvms, rows.dvms - 1) } };
    case 'tab':
    case 'right':
    case 'l':
      return { state: { ...calm, focus: tableAfter(state.focus, 1) } };
    case 'shift-tab':
    case 'left':
    case 'h':
      return { state: { ...calm, focus: tableAfter(state.focus, -1) } };
    case 'down':
    case 'j':
      return { state: moved(calm, 1, rows) };
    case 'up':
    case 'k':
      return { state: moved(calm, -1, rows) };
    case 'page-down':
      return { state: moved(calm, 10, rows) };
    case 'page-up':
      return { state: moved(calm, -10, rows) };
    case 'g':
    case 'home':
      return { state: moved(calm, Number.NEGATIVE_INFINITY, rows) };
    case 'G':
    case 'end':
      return { state: moved(calm, Number.POSITIVE_INFINITY, rows) };
    default:
      return { state };
  }
}

/** Keys while a command or a filter is being typed. */
function type(
  state: ViewState,
  kind: 'command' | 'filter',
  text: string,
  key: KeyPress,
): { state: ViewState; effect?: Effect } {
  const typed = (next: string): { state: ViewState } => ({
    state: {
      ...state,
      mode: { kind, text: next },
      ...(kind === 'filter' && { filter: next, selected: INITIAL.selected }),
    },
  });
  const normal: ViewState = { ...state, mode: { kind: 'normal' } };
  if ('character' in key) return text.length < LONGEST_INPUT ? typed(text + key.character) : { state };
  if (key.name === 'escape') return { state: kind === 'filter' ? { ...normal, filter: '' } : normal };
  if (key.name === 'backspace') return text === '' ? { state: normal } : typed([...text].slice(0, -1).join(''));
  if (key.name !== 'enter') return { state };
  if (kind === 'filter') return { state: normal };
  const line = parseCommandLine(text);
  switch (line.kind) {
    case 'nothing':
      return { state: normal };
    case 'wrong':
      return { state: { ...normal, notice: { tone: 'bad', text: line.message } } };
    default:
      return { state: normal, effect: line };
  }
}

function tableAfter(table: TableName, step: number): TableName {
  const index = (TABLES.indexOf(table) + step + TABLES.length) % TABLES.length;
  return TABLES[index] ?? table;
}

function moved(state: ViewState, step: number, rows: Readonly<Record<TableName, number>>): ViewState {
  const last = Math.max(0, rows[state.focus] - 1);
  const selected = Math.min(last, Math.max(0, state.selected[state.focus] + step));
  return { ...state, selected: { ...state.selected, [state.focus]: selected } };
}
