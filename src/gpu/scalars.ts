/** Bytes of the scalar types of OpenCL C (its specification, 6.3.1). */
const BYTES = {
  char: 1,
  uchar: 1,
  short: 2,
  ushort: 2,
  int: 4,
  uint: 4,
  long: 8,
  ulong: 8,
  float: 4,
  double: 8,
} as const;
type Base = keyof typeof BYTES;
const LANES = [1, 2, 3, 4, 8, 16] as const;

const TABLE = new Map<string, { base: Base; lanes: number }>(
  (Object.keys(BYTES) as Base[]).flatMap((base) =>
    LANES.map((lanes) => [lanes === 1 ? base : `${base}${lanes}`, { base, lanes }] as const),
  ),
);

/** Names of the types that an argument by value may have: `int`, `float4` … */
export const SCALAR_TYPES = [...TABLE.keys()] as [string, ...string[]];

type Value = number | string;

/**
 * A value as its bytes on a little-endian device. Throws RangeError for a number that the type can't hold, or for another count of
 * them than a vector type has.
 */
export function encodeScalar(type: string, value: Value | readonly Value[]): Buffer {
  const found = TABLE.get(type);
  if (found === undefined) throw new RangeError(`there is no type ${type}`);
  const { base, lanes } = found;
  const values = typeof value === 'object' ? value : [value];
  if (values.length !== lanes) throw new RangeError(`${type} has ${lanes} values, not ${values.length}`);
  const bytes = BYTES[base];
  // A vector of three lies in the room of four.
  const buffer = Buffer.alloc(bytes * (lanes === 3 ? 4 : lanes));
  for (const [index, one] of values.entries()) writeOne(buffer, base, one, index * bytes);
  return buffer;
}

function writeOne(buffer: Buffer, base: Base, value: Value, at: number): void {
  if (base === 'float' || base === 'double') {
    const number = typeof value === 'number' ? value : floatOf(value);
    if (base === 'float') buffer.writeFloatLE(number, at);
    else buffer.writeDoubleLE(number, at);
    return;
  }
  const whole = integerOf(value);
  const bits = BYTES[base] * 8;
  const isUnsigned = base.startsWith('u');
  const fitting = isUnsigned ? BigInt.asUintN(bits, whole) : BigInt.asIntN(bits, whole);
  if (fitting !== whole) throw new RangeError(`${value} is no ${base}`);
  const unsigned = BigInt.asUintN(bits, whole);
  for (let byte = 0; byte < BYTES[base]; byte += 1) buffer[at + byte] = Number((unsigned >> BigInt(8 * byte)) & 0xffn);
}

function floatOf(text: string): number {
  if (text === 'nan') return Number.NaN;
  const number = Number(text.replace(/^(-?)inf$/, '$1Infinity'));
  if (text.trim() === '' || Number.isNaN(number)) throw new RangeError(`${text} is no number`);
  return number;
}

function integerOf(value: Value): bigint {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new RangeError(`${value} is no whole number that is exact; give it as a text`);
    return BigInt(value);
  }
  if (!/^-?[0-9]{1,20}$/.test(value)) throw new RangeError(`${value} is no whole number`);
  return BigInt(value);
}
