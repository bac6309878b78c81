// Which lines ran, from what `llvm-cov export` says of the functions in a program.

/** Kinds of regions, as the format numbers them: only those with code of their own count. */
const CODE = 0;

/**
 * How often each line with code ran, by file and line. As in LLVM's own listing, a line has the highest count of what
 * begins on it and of what it begins in.
 *
 * @param {{ name: string, filenames: string[], regions: number[][] }[]} functions
 * @param {(name: string, file: string) => boolean} isCounted whether a function, by its mangled name and its file, is one to count
 * @returns {Map<string, Map<number, number>>}
 */
export function coveredLines(functions, isCounted) {
  const files = new Map();
  for (const { name, filenames, regions } of functions) {
    for (const [line, column, endLine, endColumn, count, file, , kind] of regions) {
      const path = filenames[file];
      if (kind !== CODE || !isCounted(name, path)) continue;
      const known = files.get(path) ?? new Map();
      files.set(path, known);
      const place = [line, column, endLine, endColumn].join();
      // Generic functions are there once for each type that they are used with.
      known.set(place, { line, column, endLine, endColumn, count: Math.max(count, known.get(place)?.count ?? 0) });
    }
  }
  return new Map([...files].map(([path, regions]) => [path, countLines([...regions.values()])]));
}

function countLines(regions) {
  // The innermost region comes last.
  regions.sort((a, b) => a.line - b.line || a.column - b.column || b.endLine - a.endLine || b.endColumn - a.endColumn);
  const lines = new Map();
  for (const { line, count } of regions) lines.set(line, Math.max(count, lines.get(line) ?? 0));
  for (const { line: first, endLine } of regions) {
    for (let line = first + 1; line <= endLine; line += 1) {
      const within = regions.findLast((region) => region.line < line && region.endLine >= line);
      lines.set(line, Math.max(within.count, lines.get(line) ?? 0));
    }
  }
  return lines;
}
