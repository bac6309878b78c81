/** os-release(5): shell-like assignments, values optionally quoted. */
export function parseOsRelease(text: string): { id: string; version: string; name: string; like: string[] } {
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([A-Z_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*))$/.exec(line.trim());
      if (!match?.[1]) return [];
      return [[match[1], (match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? match[4] ?? '').trim()] as const];
    }),
  );
  return {
    id: fields.get('ID') ?? 'linux',
    version: fields.get('VERSION_ID') ?? '',
    name: fields.get('PRETTY_NAME') ?? 'Linux',
    like: (fields.get('ID_LIKE') ?? '').split(' ').filter(Boolean),
  };
}
