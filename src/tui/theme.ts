/** What a piece of text means; the theme decides how that looks. */
export type Tone = 'plain' | 'dim' | 'strong' | 'accent' | 'good' | 'warning' | 'bad' | 'selected' | 'brand';

/** Paints text; adds no cells. */
export type Paint = (tone: Tone, text: string) => string;

// The 16 colours of the terminal's own palette, so that the dashboard fits light and dark themes (ECMA-48, SGR).
const SGR: Record<Tone, readonly [string, string]> = {
  plain: ['', ''],
  dim: ['\u001B[2m', '\u001B[22m'],
  strong: ['\u001B[1m', '\u001B[22m'],
  accent: ['\u001B[36m', '\u001B[39m'],
  good: ['\u001B[32m', '\u001B[39m'],
  warning: ['\u001B[33m', '\u001B[39m'],
  bad: ['\u001B[31m', '\u001B[39m'],
  selected: ['\u001B[7m', '\u001B[27m'],
  brand: ['\u001B[1;36m', '\u001B[22;39m'],
};

const coloured: Paint = (tone, text) => (text === '' ? '' : SGR[tone][0] + text + SGR[tone][1]);

/** Without colours the selection must still be seen, and reverse video is no colour (https://no-color.org). */
const colourless: Paint = (tone, text) => (tone === 'selected' || tone === 'strong' ? coloured(tone, text) : text);

/** Ink's own properties for the border of a panel. */
export interface BorderLook {
  borderColor?: string;
  borderDimColor?: boolean;
}

export interface Theme {
  paint: Paint;
  border(focused: boolean): BorderLook;
}

export function themeFor(env: NodeJS.ProcessEnv): Theme {
  if (env.NO_COLOR || env.TERM === 'dumb') return { paint: colourless, border: () => ({}) };
  return { paint: coloured, border: (focused) => (focused ? { borderColor: 'cyan' } : { borderDimColor: true }) };
}
