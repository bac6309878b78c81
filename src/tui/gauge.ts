const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A share (0 to 1, anything beyond is shown as the end it passed) as a bar: the filled part and the rest, `width` cells in all. */
export function gauge(share: number, width: number): { filled: string; rest: string } {
  const eighths = Math.round(bounded(share) * width * 8);
  const full = Math.floor(eighths / 8);
  const partial = EIGHTHS[eighths % 8] ?? '';
  return { filled: '█'.repeat(full) + partial, rest: '░'.repeat(width - full - (partial ? 1 : 0)) };
}

/** The latest `width` values (0 to 1) as bars, oldest left, filled with spaces on the left. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = width > 0 ? values.slice(-width) : [];
  const bars = shown.map((value) => LEVELS[Math.min(LEVELS.length - 1, Math.floor(bounded(value) * LEVELS.length))]);
  return bars.join('').padStart(width);
}

function bounded(value: number): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
}
