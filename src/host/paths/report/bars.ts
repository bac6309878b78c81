import { element, type Markup } from './element.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** How the value is told. */
  readonly text: string;
  readonly kind: 'host' | 'kvm' | 'qemu' | 'gpu';
}

const WIDTH = 720;
const LABEL = 190;
const VALUE = 110;
const ROW = 26;
const BAR = 16;

/** Horizontal bars, one below the other, as SVG with a title that readers of screens say. The longest takes the whole width. */
export function barChart(title: string, bars: readonly Bar[]): Markup {
  const height = bars.length * ROW + 8;
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const room = WIDTH - LABEL - VALUE;
  const rows = bars.flatMap(({ label, value, text, kind }, index) => {
    const top = 4 + index * ROW;
    const length = Math.max(1, (Math.max(0, value) / most) * room);
    const line = top + ROW / 2;
    return [
      element('text', { x: LABEL - 10, y: line, class: 'label' }, label),
      element('rect', {
        x: LABEL,
        y: top + (ROW - BAR) / 2,
        width: length.toFixed(1),
        height: BAR,
        rx: 2,
        class: kind,
      }),
      element('text', { x: (LABEL + length + 8).toFixed(1), y: line, class: 'value' }, text),
    ];
  });
  return element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', xmlns: 'http://www.w3.org/2000/svg' },
    element('title', {}, title),
    ...rows,
  );
}
