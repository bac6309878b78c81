import { Box, type Key, Text, useApp, useInput, useWindowSize } from 'ink';
import { useEffect, useReducer, useRef, useState } from 'react';
import type { Order } from '../service/api/client.ts';
import { type Feed, follow, NO_FEED, type StatusSource } from './feed.ts';
import { orderText } from './order.ts';
import { PanelView } from './panel-view.tsx';
import { draw, dvmInRow, rowCounts } from './screen.ts';
import { INITIAL, type KeyName, type KeyPress, type Notice, press, type ViewState } from './state.ts';
import type { Theme } from './theme.ts';

export interface DashboardProps {
  source: StatusSource;
  /** Gives an order to the service and waits until it is carried out; throws why it is not. */
  send(order: Order): Promise<void>;
  theme: Theme;
  intervalMs?: number;
  /** Has the whole terminal for a DVM's console until the viewer leaves it, and says what became of it. Never throws. */
  showConsole(dvm: string): Promise<Notice>;
}

/** The full-screen view of one host: asks the service once a second, draws, and passes orders on. */
export function Dashboard({ source, send, theme, intervalMs, showConsole }: DashboardProps): React.JSX.Element {
  const { exit, suspendTerminal } = useApp();
  const size = useWindowSize();
  const [feed, setFeed] = useState<Feed>(NO_FEED);
  // Keys that arrive in one piece must each see what the one before did, so the state is kept where it can be read at once.
  const view = useRef<ViewState>(INITIAL);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const show = (next: Partial<ViewState>): void => {
    view.current = { ...view.current, ...next };
    redraw();
  };

  useEffect(() => {
    const end = new AbortController();
    void follow(source, setFeed, end.signal, intervalMs);
    return () => end.abort();
  }, [source, intervalMs]);

  const give = async (order: Order): Promise<void> => {
    show({ notice: { tone: 'dim', text: `${orderText(order)} …` } });
    try {
      await send(order);
      show({ notice: { tone: 'good', text: `${orderText(order)}: done` } });
    } catch (error) {
      show({ notice: { tone: 'bad', text: `${orderText(order)}: ${(error as Error).message}` } });
    }
  };

  const visit = async (dvm: string): Promise<void> => {
    let notice: Notice | undefined;
    await suspendTerminal(async () => {
      notice = await showConsole(dvm);
    });
    show({ notice });
  };

  useInput((input, key) => {
    for (const pressed of keyPresses(input, key)) {
      const { state, effect } = press(view.current, pressed, rowCounts(feed.status, view.current.filter));
      show(state);
      if (effect?.kind === 'quit') exit();
      else if (effect?.kind === 'order') void give(effect.order);
      else if (effect) {
        const { dvm } = effect;
        const name = typeof dvm === 'string' ? dvm : dvmInRow(feed.status, view.current.filter, dvm);
        // What else was typed in one piece with it is for neither of the two.
        if (name !== undefined) return void visit(name);
      }
    }
  });

  const drawing = draw({ feed, view: view.current, size, now: new Date(), paint: theme.paint });
  if ('notice' in drawing) return <Text>{drawing.notice}</Text>;
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows - 1}>
      <Text>{drawing.header}</Text>
      <Box flexDirection="column" flexGrow={1}>
        {drawing.bands.map((band) => (
          <Box key={band.map(({ title }) => title).join()}>
            {band.map((panel) => (
              <PanelView key={panel.title} panel={panel} theme={theme} />
            ))}
          </Box>
        ))}
      </Box>
      <Text>{drawing.footer}</Text>
    </Box>
  );
}

const NAMED: readonly (readonly [keyof Key, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];

/** Ink's key as ours; text that came in one piece (pasted, or typed fast) as one press a character. */
function keyPresses(input: string, key: Key): KeyPress[] {
  if (key.tab) return [{ name: key.shift ? 'shift-tab' : 'tab' }];
  const named = NAMED.find(([flag]) => key[flag]);
  if (named) return [{ name: named[1] }];
  if (key.ctrl || key.meta) return [];
  return [...input].map((character) => (character === '\r' || character === '\n' ? { name: 'enter' } : { character }));
}
