/**
 * Paths are bytes on Linux. Inside the engine a name is a string with one character (0–255) for each byte; for people
 * and JSON it is UTF-8, with bytes that are none and control characters as `\xHH` and a backslash as `\\`.
 */
export function shown(bytes: string): string {
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  let text = '';
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    const part = buffer.subarray(at, at + Math.max(length, 1));
    const first = buffer[at] ?? 0;
    if (length === 0 || first < 0x20 || first === 0x7f) text += `\\x${first.toString(16).padStart(2, '0')}`;
    else if (first === 0x5c) text += '\\\\';
    else text += part.toString('utf8');
    at += part.length;
  }
  return text;
}

/** The way back, for paths that were kept as text. */
export function unshown(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return bytes.replace(/\\(?:x([0-9a-f]{2})|\\)/g, (_, hex?: string) =>
    hex === undefined ? '\\' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

export function fromText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes of the UTF-8 character at `at`, 0 where there is none. C1 controls and line separators count as none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 4;
  if (first >= 0x80 && (first < 0xc2 || first > 0xf4)) return 0;
  const part = buffer.subarray(at, at + length);
  const text = part.toString('utf8');
  const whole = part.length === length && Buffer.from(text, 'utf8').equals(part) && !text.includes('\ufffd');
  return whole && !/[\u0080-\u009f\u2028\u2029]/.test(text) ? length : 0;
}
