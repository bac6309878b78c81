// Edits of a Wasm file that need no knowledge of its code.

const HEADER_BYTES = 8;
const CUSTOM_SECTION = 0;

/**
 * Removes custom sections: names of functions, which compiler made it, and the like.
 * @param {Uint8Array} wasm
 * @param {string[]} keep names of the custom sections that stay
 * @throws {Error} when `wasm` ends within a section
 */
export function stripCustomSections(wasm, keep) {
  const kept = [wasm.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < wasm.length; ) {
    const size = readLeb128(wasm, at + 1);
    const end = size.next + size.value;
    if (end > wasm.length) throw new Error(`The Wasm file ends within the section at byte ${at}`);
    if (wasm[at] !== CUSTOM_SECTION || keep.includes(sectionName(wasm, size.next))) kept.push(wasm.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

function sectionName(wasm, at) {
  const length = readLeb128(wasm, at);
  return Buffer.from(wasm.subarray(length.next, length.next + length.value)).toString('utf8');
}

/** Unsigned integer in Wasm's variable-length form, and where the next byte is. */
function readLeb128(bytes, at) {
  let value = 0;
  for (let shift = 0, next = at; next < bytes.length; shift += 7) {
    const byte = bytes[next++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next };
  }
  throw new Error(`The Wasm file ends within the number at byte ${at}`);
}
