import type { typedParameter } from './protocol.ts';
import type { ValueOf } from './xdr.ts';

export type TypedParameter = ValueOf<typeof typedParameter>;

/** virTypedParameterType (libvirt-common.h). */
const UNSIGNED = 4;
const STRING = 7;

/** Named values as libvirt's typed parameters: numbers as unsigned 64 bits, arrays as one parameter an element. */
export function typedParameters(
  values: Readonly<Record<string, string | bigint | readonly string[] | undefined>>,
): TypedParameter[] {
  return Object.entries(values).flatMap(([field, value]) => {
    if (value === undefined) return [];
    const each = typeof value === 'string' || typeof value === 'bigint' ? [value] : value;
    return each.map((one) => ({ field, value: { type: typeof one === 'bigint' ? UNSIGNED : STRING, value: one } }));
  });
}

/** The numbers among typed parameters by name; libvirt's are small enough for a double. */
export function parameterNumbers(parameters: readonly TypedParameter[]): ReadonlyMap<string, number> {
  return new Map(
    parameters.flatMap(({ field, value: { value } }) => (typeof value === 'string' ? [] : [[field, Number(value)]])),
  );
}
