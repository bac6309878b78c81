/** Settings of one file: section → name → value. */
export type Settings = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

/** Text of a configuration file as oslo.config, MariaDB and uWSGI read it. Throws RangeError for what would not stay one line. */
export function iniText(settings: Settings): string {
  return Object.entries(settings)
    .map(([section, values]) => {
      const lines = Object.entries(values).map(([name, value]) => `${oneLine(name)} = ${oneLine(String(value))}`);
      return `[${oneLine(section)}]\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

function oneLine(text: string): string {
  if (/[\r\n]/.test(text)) throw new RangeError('a setting is one line');
  return text;
}
