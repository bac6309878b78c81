import { Box, render, Text, useApp, useInput, useWindowSize } from 'ink';
import { useEffect, useRef, useState } from 'react';
import type { RegionWatch } from '../../service/index.ts';
import { PanelView } from '../panel-view.tsx';
import { type Theme, themeFor } from '../theme.ts';
import type { RegionFeed } from './panels.ts';
import { drawRegion } from './screen.ts';

/** From an answer to the next question: a look costs the servers a second or two of one processor. */
const INTERVAL_MS = 10_000;

/** The live view of a region: looks again and again until it is left. */
export function RegionView({
  watch,
  theme,
  intervalMs = INTERVAL_MS,
}: {
  watch: Pick<RegionWatch, 'definition' | 'look' | 'drift' | 'standing'>;
  theme: Theme;
  intervalMs?: number;
}): React.JSX.Element {
  const { exit } = useApp();
  const size = useWindowSize();
  const [feed, setFeed] = useState<RegionFeed>({ definition: watch.definition });
  const [selected, setSelected] = useState(0);
  const wake = useRef<() => void>(() => {});
  const compare = useRef<() => void>(() => {});

  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    const learn = (part: Partial<RegionFeed>): void => {
      if (!signal.aborted) setFeed((before) => ({ ...before, ...part }));
    };
    const looks = async (): Promise<void> => {
      while (!signal.aborted) {
        learn({ look: await watch.look(signal) });
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, intervalMs);
          wake.current = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener('abort', wake.current, { once: true });
        });
      }
    };
    compare.current = () => {
      learn({ drift: undefined });
      void watch.drift(signal).then(
        (drift) => learn({ drift }),
        () => {},
      );
    };
    // Both end by the signal alone.
    looks().catch(() => {});
    compare.current();
    void watch.standing().then((standing) => learn({ standing }));
    return () => end.abort();
  }, [watch, intervalMs]);

  useInput((input, key) => {
    const move = (by: number): void =>
      setSelected((at) => Math.max(0, Math.min(watch.definition.servers.length - 1, at + by)));
    if (input === 'q' || key.escape) exit();
    else if (input === 'r') wake.current();
    else if (input === 'd') compare.current();
    else if (key.downArrow || input === 'j') move(1);
    else if (key.upArrow || input === 'k') move(-1);
  });

  const drawing = drawRegion(feed, { size, selected, now: new Date(), paint: theme.paint });
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

/** Shows a region on this terminal until its viewer leaves it. Needs a TTY on stdin and stdout. */
export async function runRegionView(watch: RegionWatch): Promise<void> {
  const app = render(<RegionView watch={watch} theme={themeFor(process.env)} />, {
    alternateScreen: true,
    interactive: true,
    incrementalRendering: true,
    maxFps: 15,
  });
  await app.waitUntilExit();
}
