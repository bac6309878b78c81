const MAX_PATTERN_LENGTH = 200;
/** Steps that matching one value may take in the worst case. */
const MAX_STEPS = 2 ** 26;

/**
 * Compiles a pattern of a library, which must match a whole value. It comes from a data file, so it can't be one that takes for
 * ever: classes, groups and alternatives; no references, no lookaround, nothing repeated inside what is repeated.
 * Throws an Error that says what is wrong.
 */
export function compilePattern(pattern: string, maxLength: number): RegExp {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new Error(`its pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
  const loops = countLoops(pattern);
  if (maxLength ** loops > MAX_STEPS) throw new Error('its pattern repeats too much for its maxLength');
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    throw new Error('its pattern is not a regular expression');
  }
}

interface Group {
  loops: number;
  alternatives: boolean;
}

/** Repetitions of variable length in a pattern. */
function countLoops(pattern: string): number {
  const open: Group[] = [{ loops: 0, alternatives: false }];
  /** The group that the next quantifier would repeat. */
  let closed: Group | undefined;
  let at = 0;
  const here = () => open[open.length - 1] as Group;
  while (at < pattern.length) {
    const token = tokenAt(pattern, at);
    at += token.length;
    if (token === '(' || token === '(?:') {
      open.push({ loops: 0, alternatives: false });
      closed = undefined;
    } else if (token === ')') {
      closed = close(open);
    } else if (isLoop(token)) {
      here().loops += loopOver(closed);
      closed = undefined;
    } else {
      if (token === '|') here().alternatives = true;
      if (!isQuantifier(token)) closed = undefined;
    }
  }
  if (open.length !== 1) throw new Error('its pattern has a group without an end');
  return here().loops;
}

/** A repetition counts as one; what is repeated may hold no other and no choice, or matching could take for ever. */
function loopOver(group: Group | undefined): number {
  if (group !== undefined && (group.loops > 0 || group.alternatives))
    throw new Error('its pattern repeats what has repetitions or alternatives');
  return 1;
}

function close(open: Group[]): Group {
  const group = open.pop();
  const outer = open.at(-1);
  if (group === undefined || outer === undefined) throw new Error('its pattern has a ) too many');
  outer.loops += group.loops;
  outer.alternatives ||= group.alternatives;
  return group;
}

const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})/;
const CLASS = /^\[(?:\\.|[^\]\\])*\]/;

function tokenAt(pattern: string, at: number): string {
  const rest = pattern.slice(at);
  if (rest.startsWith('(?:')) return '(?:';
  if (rest.startsWith('(?')) throw new Error('its pattern has a group that is not (?:…)');
  if (rest.startsWith('\\')) {
    if (/^\\[0-9kpPbB]/.test(rest)) throw new Error('its pattern has an escape that is not a plain character or class');
    return rest.slice(0, 2);
  }
  return CLASS.exec(rest)?.[0] ?? QUANTIFIER.exec(rest)?.[0] ?? (rest[0] as string);
}

function isQuantifier(token: string): boolean {
  return QUANTIFIER.test(token);
}

function isLoop(token: string): boolean {
  return isQuantifier(token) && token !== '?' && !/^\{\d+\}$/.test(token);
}
