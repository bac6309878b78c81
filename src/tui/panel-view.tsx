import { Box, Text } from 'ink';
import { memo } from 'react';
import { type Panel, upperBorder } from './frame.ts';
import type { Theme } from './theme.ts';

/** A panel on the screen. */
export function PanelView({ panel, theme }: { panel: Panel; theme: Theme }): React.JSX.Element {
  const { columns, rows, focused, blocks } = panel;
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Text>{upperBorder(panel, theme.paint)}</Text>
      <Box
        borderStyle="round"
        borderTop={false}
        {...theme.border(focused)}
        paddingX={1}
        columnGap={2}
        height={rows - 1}
      >
        {blocks.map((lines, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place
          <Block key={place} text={lines.join('\n')} />
        ))}
      </Box>
    </Box>
  );
}

/** Measured anew only when its text changed. */
const Block = memo(function Block({ text }: { text: string }): React.JSX.Element {
  return <Text wrap="truncate-end">{text}</Text>;
});
