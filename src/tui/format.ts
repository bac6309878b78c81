/** Figures and times as people read them, short enough for a column. */

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function formatCount(value: number): string {
  return COUNT.format(value);
}

/** MiB as `640M`, `1.5G`, `12G`. */
export function formatMemory(mebibytes: number): string {
  if (mebibytes < 1024) return `${Math.round(mebibytes)}M`;
  const gibibytes = mebibytes / 1024;
  return `${gibibytes < 10 ? gibibytes.toFixed(1).replace(/\.0$/, '') : Math.round(gibibytes)}G`;
}

/** Cores as `2`, `0.8`. */
export function formatCores(cores: number): string {
  return Number.isInteger(cores) ? String(cores) : cores.toFixed(1);
}

/** Three significant digits: `1,234`, `56.7`, `0.89`. */
export function formatFigure(value: number): string {
  if (Math.abs(value) >= 100) return formatCount(value);
  return value.toPrecision(3).replace(/\.?0+$/, '');
}

/** Local time of day of an ISO 8601 time, `12:03:44`; the text itself when it is none. */
export function formatClock(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toTimeString().slice(0, 8);
}

/** How long ago: `now`, `4 s`, `12 min`, `3 h`, `5 d`. */
export function formatAge(iso: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(iso)) / 1000));
  if (Number.isNaN(seconds)) return '?';
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `cpuSingle` as `cpu single`. */
export function formatName(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
